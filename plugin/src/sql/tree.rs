//! What parsed statements do.

use std::collections::BTreeSet;

use sqlparser::ast::{
    Expr, FromTable, GroupByExpr, Insert, LimitClause, MergeAction, OnConflictAction, OnInsert, Query, Select,
    SelectItem, SetExpr, SqliteOnConflict, Statement, TableFactor, TableObject, TopQuantity, Value,
};

use super::Does;
use super::condition::{names_rows, verdict};
use super::names::AGGREGATES;

/// What is told from a tree.
#[derive(Debug, Default)]
pub(super) struct Tree {
    pub(super) deeds: BTreeSet<Does>,
    pub(super) is_unconditional: bool,
    pub(super) is_broad: bool,
    pub(super) reads_all: bool,
    pub(super) limit: Option<u64>,
}

impl Tree {
    pub(super) fn of(statements: &[Statement]) -> Self {
        let mut tree = Self::default();
        statements.iter().for_each(|statement| tree.look(statement));
        tree
    }

    fn look(&mut self, statement: &Statement) {
        let does = match statement {
            Statement::Query(query) => {
                self.query(query, true);
                return;
            }
            Statement::Insert(insert) => self.insert(insert),
            Statement::Update(update) => {
                self.condition(update.selection.as_ref());
                if matches!(update.or, Some(SqliteOnConflict::Replace)) { Does::Overwrite } else { Does::Change }
            }
            Statement::Delete(delete) => {
                let joins = match &delete.from {
                    FromTable::WithFromKeyword(tables) | FromTable::WithoutKeyword(tables) => {
                        tables.iter().any(|table| !table.joins.is_empty())
                    }
                };
                // A join says which rows as well as a condition.
                if !joins || delete.selection.is_some() {
                    self.condition(delete.selection.as_ref());
                }
                Does::Destroy
            }
            Statement::Merge(merge) => {
                let deletes = merge.clauses.iter().any(|clause| matches!(clause.action, MergeAction::Delete { .. }));
                if deletes { Does::Destroy } else { Does::Overwrite }
            }
            Statement::Explain { statement, analyze, options, .. } => {
                self.deeds.insert(Does::Read);
                if *analyze || options.is_some() {
                    self.look(statement);
                }
                return;
            }
            Statement::CreateTable(table) if table.or_replace => Does::Overwrite,
            Statement::CreateView(view) if view.or_replace => Does::Overwrite,
            Statement::CreateTable(table) => {
                table.query.iter().for_each(|query| self.query(query, false));
                Does::Add
            }
            Statement::Pragma { is_eq: true, .. } => Does::Alter,
            _ => kind(statement),
        };
        self.deeds.insert(does);
    }

    fn insert(&mut self, insert: &Insert) -> Does {
        insert.source.iter().for_each(|query| self.query(query, false));
        let updates = match &insert.on {
            Some(OnInsert::DuplicateKeyUpdate(_)) => true,
            Some(OnInsert::OnConflict(conflict)) => matches!(conflict.action, OnConflictAction::DoUpdate(_)),
            _ => false,
        };
        if matches!(insert.table, TableObject::TableFunction(_)) {
            Does::Files
        } else if insert.overwrite || insert.replace_into || matches!(insert.or, Some(SqliteOnConflict::Replace)) {
            Does::Overwrite
        } else if updates {
            Does::Change
        } else {
            Does::Add
        }
    }

    fn condition(&mut self, condition: Option<&Expr>) {
        match condition {
            None => self.is_unconditional = true,
            Some(condition) if verdict(condition) == Some(true) => self.is_unconditional = true,
            Some(condition) => self.is_broad = self.is_broad || !names_rows(condition),
        }
    }

    /// What a query does: its own rows, where they are the answer, and what hides in its `WITH`.
    fn query(&mut self, query: &Query, is_answer: bool) {
        self.deeds.insert(Does::Read);
        for part in query.with.iter().flat_map(|with| &with.cte_tables) {
            self.query(&part.query, false);
        }
        let limit = limit_of(query);
        self.limit = self.limit.max(limit.flatten());
        self.body(&query.body, is_answer && limit.is_none());
    }

    fn body(&mut self, body: &SetExpr, is_unlimited: bool) {
        match body {
            SetExpr::Select(select) => self.select(select, is_unlimited),
            SetExpr::Query(query) => self.query(query, is_unlimited),
            SetExpr::SetOperation { left, right, .. } => {
                self.body(left, is_unlimited);
                self.body(right, is_unlimited);
            }
            SetExpr::Insert(statement)
            | SetExpr::Update(statement)
            | SetExpr::Delete(statement)
            | SetExpr::Merge(statement) => self.look(statement),
            SetExpr::Table(_) => self.reads_all = self.reads_all || is_unlimited,
            SetExpr::Values(_) => {}
        }
    }

    fn select(&mut self, select: &Select, is_unlimited: bool) {
        if select.into.is_some() {
            self.deeds.insert(Does::Add);
        }
        let top = select.top.as_ref().and_then(|top| match top.quantity.as_ref()? {
            TopQuantity::Constant(number) => Some(*number),
            TopQuantity::Expr(expr) => number(expr),
        });
        self.limit = self.limit.max(top);
        let is_conditional = select.selection.as_ref().is_some_and(|it| verdict(it) != Some(true));
        let is_grouped = match &select.group_by {
            GroupByExpr::All(_) => true,
            GroupByExpr::Expressions(by, _) => !by.is_empty(),
        };
        let reads_table =
            select.from.iter().any(|table| matches!(table.relation, TableFactor::Table { args: None, .. }));
        let is_bounded = is_conditional || is_grouped || top.is_some() || select.projection.iter().all(is_aggregate);
        self.reads_all = self.reads_all || (is_unlimited && reads_table && !is_bounded);
    }
}

fn is_aggregate(item: &SelectItem) -> bool {
    let (SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. }) = item else { return false };
    let Expr::Function(function) = expr else { return false };
    // By its last part: writing the name out would link the writer of the whole grammar.
    let name = function.name.0.last().and_then(|part| part.as_ident()).map(|name| name.value.to_uppercase());
    function.over.is_none() && name.is_some_and(|name| AGGREGATES.contains(&name.as_str()))
}

/// The limit of a query: `None` where it has none, `Some(None)` where it isn't a number.
fn limit_of(query: &Query) -> Option<Option<u64>> {
    if let Some(fetch) = &query.fetch {
        return (!fetch.percent).then(|| fetch.quantity.as_ref().map_or(Some(1), number));
    }
    let limit = match query.limit_clause.as_ref()? {
        LimitClause::LimitOffset { limit, .. } => limit.as_ref()?,
        LimitClause::OffsetCommaLimit { limit, .. } => limit,
    };
    match limit {
        Expr::Value(value) if value.value == Value::Null => None,
        Expr::Identifier(name) if name.value.eq_ignore_ascii_case("all") => None,
        _ => Some(number(limit)),
    }
}

fn number(expr: &Expr) -> Option<u64> {
    match expr {
        Expr::Nested(inner) => number(inner),
        Expr::Value(value) => match &value.value {
            // More than that is more than any bound.
            Value::Number(digits, _) => Some(digits.parse().unwrap_or(u64::MAX)),
            _ => None,
        },
        _ => None,
    }
}

/// What statements do whose kind says it all.
fn kind(statement: &Statement) -> Does {
    use Statement as S;
    match statement {
        S::ShowFunctions { .. }
        | S::ShowVariable { .. }
        | S::ShowStatus { .. }
        | S::ShowVariables { .. }
        | S::ShowCreate { .. }
        | S::ShowColumns { .. }
        | S::ShowCatalogs { .. }
        | S::ShowDatabases { .. }
        | S::ShowProcessList { .. }
        | S::ShowSchemas { .. }
        | S::ShowCharset(_)
        | S::ShowObjects(_)
        | S::ShowTables { .. }
        | S::ShowViews { .. }
        | S::ShowCollation { .. }
        | S::ExplainTable { .. }
        | S::Fetch { .. }
        | S::List(_)
        | S::Print(_)
        | S::Pragma { .. } => Does::Read,
        S::Set(_)
        | S::Use(_)
        | S::StartTransaction { .. }
        | S::Commit { .. }
        | S::Rollback { .. }
        | S::Savepoint { .. }
        | S::ReleaseSavepoint { .. }
        | S::Close { .. }
        | S::Open(_)
        | S::Deallocate { .. }
        | S::AlterSession { .. }
        | S::LISTEN { .. }
        | S::UNLISTEN { .. }
        | S::UnlockTables => Does::Session,
        S::CreateVirtualTable { .. }
        | S::CreateView(_)
        | S::CreateIndex(_)
        | S::CreateSchema { .. }
        | S::CreateDatabase { .. }
        | S::CreateSequence { .. }
        | S::CreateDomain(_)
        | S::CreateType { .. }
        | S::CreateCollation(_)
        | S::CreateFileFormat { .. }
        | S::Comment { .. } => Does::Add,
        S::Analyze(_)
        | S::Msck(_)
        | S::Flush { .. }
        | S::Discard { .. }
        | S::Kill { .. }
        | S::Lock(_)
        | S::LockTables { .. }
        | S::OptimizeTable { .. }
        | S::Vacuum(_)
        | S::Reset(_)
        | S::Cache { .. }
        | S::UNCache { .. }
        | S::WaitFor(_) => Does::Maintain,
        S::AlterTable(_)
        | S::AlterSchema(_)
        | S::AlterIndex { .. }
        | S::AlterView { .. }
        | S::AlterFunction(_)
        | S::AlterType(_)
        | S::AlterCollation(_)
        | S::AlterOperator(_)
        | S::AlterOperatorFamily(_)
        | S::AlterOperatorClass(_)
        | S::AlterTextSearch(_)
        | S::RenameTable(_) => Does::Alter,
        S::Directory { .. }
        | S::Copy { .. }
        | S::CopyIntoSnowflake { .. }
        | S::AttachDatabase { .. }
        | S::AttachDuckDBDatabase { .. }
        | S::DetachDuckDBDatabase { .. }
        | S::CreateStage { .. }
        | S::CreateServer(_)
        | S::CreateConnector(_)
        | S::Unload { .. }
        | S::LoadData { .. }
        | S::Put { .. }
        | S::ExportData(_) => Does::Files,
        S::Install { .. }
        | S::Load { .. }
        | S::Case(_)
        | S::If(_)
        | S::While(_)
        | S::Call(_)
        | S::Declare { .. }
        | S::CreateFunction(_)
        | S::CreateTrigger(_)
        | S::CreateProcedure { .. }
        | S::CreateMacro { .. }
        | S::CreateExtension(_)
        | S::Execute { .. }
        | S::Prepare { .. } => Does::Run,
        S::CreateRole(_)
        | S::CreateUser(_)
        | S::CreateSecret { .. }
        | S::CreatePolicy(_)
        | S::AlterRole { .. }
        | S::AlterUser(_)
        | S::AlterPolicy(_)
        | S::AlterConnector { .. }
        | S::Grant(_)
        | S::Deny(_)
        | S::Revoke(_) => Does::Rights,
        S::Truncate(_)
        | S::Drop { .. }
        | S::DropFunction(_)
        | S::DropDomain(_)
        | S::DropProcedure { .. }
        | S::DropSecret { .. }
        | S::DropPolicy(_)
        | S::DropConnector { .. }
        | S::DropExtension(_)
        | S::DropOperator(_)
        | S::DropOperatorFamily(_)
        | S::DropOperatorClass(_)
        | S::DropTrigger(_)
        | S::Remove(_) => Does::Destroy,
        _ => Does::Unknown,
    }
}
