;; Has no use for any configuration, and says why.
(data (i32.const 1024) "`mode` is missing")
(func (export "proxy_on_configure") (param i32 i32) (result i32)
  (call $say (i32.const 1024) (i32.const 17))
  i32.const 0)
