//! Words of SQL that mean something wherever they stand.

/// What a statement can create, change or drop.
pub(super) const OBJECTS: &[&str] = &[
    "TABLE",
    "DATABASE",
    "SCHEMA",
    "VIEW",
    "INDEX",
    "USER",
    "ROLE",
    "FUNCTION",
    "PROCEDURE",
    "TRIGGER",
    "SEQUENCE",
    "TYPE",
    "EXTENSION",
    "MATERIALIZED",
    "COLUMN",
    "CONSTRAINT",
    "TABLESPACE",
    "POLICY",
    "OWNED",
    "UNIQUE",
    "TEMPORARY",
    "TEMP",
    "LOGIN",
    "EVENT",
    "SERVER",
    "KEYSPACE",
    "WAREHOUSE",
    "STAGE",
    "PIPE",
    "TASK",
    "DOMAIN",
    "AGGREGATE",
    "SYNONYM",
    "PACKAGE",
    "FOREIGN",
    "PUBLICATION",
    "SUBSCRIPTION",
    "RULE",
    "CAST",
    "COLLATION",
    "LANGUAGE",
    "OPERATOR",
    "PARTITION",
];

/// Of these, what runs code.
pub(super) const CODE: &[&str] =
    &["FUNCTION", "PROCEDURE", "TRIGGER", "EXTENSION", "EVENT", "LANGUAGE", "PACKAGE", "RULE"];

/// Functions and clauses that make few rows of many.
pub(super) const AGGREGATES: &[&str] = &["COUNT", "SUM", "AVG", "MIN", "MAX", "GROUP", "EXISTS"];

/// Tables that hold credentials, and functions that reach files, programs, the network or the clock.
const INTERNALS: &[&str] = &[
    "BENCHMARK",
    "DATABASE_TO_XML",
    "DBA_USERS",
    "DBLINK",
    "DBMS_LOCK",
    "DBMS_PIPE",
    "DBMS_SCHEDULER",
    "DBMS_XMLGEN",
    "GTID_SUBTRACT",
    "HTTPURITYPE",
    "INET_SERVER_ADDR",
    "LOAD_EXTENSION",
    "LOAD_FILE",
    "MASTER_POS_WAIT",
    "MYSQL_USER",
    "NAME_CONST",
    "OPENDATASOURCE",
    "OPENQUERY",
    "OPENROWSET",
    "PARSE_TREE",
    "PG_AUTHID",
    "PG_CANCEL_BACKEND",
    "PG_CURRENT_LOGFILE",
    "PG_FILE_SETTINGS",
    "PG_HBA_FILE_RULES",
    "PG_LOGICAL_EMIT_MESSAGE",
    "PG_RELOAD_CONF",
    "PG_ROTATE_LOGFILE",
    "PG_SHADOW",
    "PG_SWITCH_WAL",
    "PG_TERMINATE_BACKEND",
    "PG_USER_MAPPING",
    "PG_USER_MAPPINGS",
    "QUERY_TO_XML",
    "READFILE",
    "SET_CONFIG",
    "SETVAL",
    "SLEEP",
    "SQL_LOGINS",
    "SYSLOGINS",
    "SYS_EVAL",
    "SYS_EXEC",
    "WAITFOR",
    "WRITEFILE",
];

/// How families of such functions begin.
const INTERNAL_FAMILIES: &[&str] =
    &["DBLINK_", "LO_", "PG_LS_", "PG_READ_", "PG_SLEEP", "PG_STAT_FILE", "PG_WRITE_", "SP_OA", "UTL_", "XP_"];

/// Procedures of SQL Server that change it or run what they are given.
const INTERNAL_PROCEDURES: &[&str] =
    &["SP_CONFIGURE", "SP_EXECUTESQL", "SP_ADDSRVROLEMEMBER", "SP_ADDLOGIN", "SP_PASSWORD"];

/// Functions that read a file or the network where a table may stand (DuckDB, ClickHouse).
const TABLES_OUTSIDE: &[&str] = &[
    "AZUREBLOBSTORAGE",
    "FILE",
    "GCS",
    "GLOB",
    "HDFS",
    "JDBC",
    "MYSQL",
    "ODBC",
    "POSTGRESQL",
    "READ_BLOB",
    "READ_CSV",
    "READ_CSV_AUTO",
    "READ_JSON",
    "READ_JSON_AUTO",
    "READ_PARQUET",
    "READ_TEXT",
    "REMOTE",
    "REMOTESECURE",
    "S3",
    "SQLITE_SCAN",
    "URL",
];

/// Schemas and tables in which a server describes itself.
const CATALOGS: &[&str] = &[
    "ALL_TABLES",
    "ALL_TAB_COLUMNS",
    "DBA_TABLES",
    "INFORMATION_SCHEMA",
    "PERFORMANCE_SCHEMA",
    "PG_CATALOG",
    "PG_CLASS",
    "PG_DATABASE",
    "PG_ROLES",
    "PG_SETTINGS",
    "PG_STAT_ACTIVITY",
    "PG_TABLES",
    "PG_USER",
    "SQLITE_MASTER",
    "SQLITE_SCHEMA",
    "SYSCOLUMNS",
    "SYSOBJECTS",
    "USER_TABLES",
];

/// Whether a name, in upper case, is a table that holds credentials or a function that reaches out of the database.
pub(super) fn is_internal(name: &str) -> bool {
    INTERNALS.contains(&name)
        || INTERNAL_PROCEDURES.contains(&name)
        || INTERNAL_FAMILIES.iter().any(|family| name.starts_with(family))
}

/// Whether a name, in upper case, that stands behind `FROM` and before `(`, reads files or the network.
pub(super) fn is_outside(name: &str) -> bool {
    TABLES_OUTSIDE.contains(&name)
}

/// Whether a name, in upper case, is a table or schema in which a server describes itself.
pub(super) fn is_catalog(name: &str) -> bool {
    CATALOGS.contains(&name)
}
