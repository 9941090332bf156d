;; Says each step of a stream's end, and the path in the access log.
(data (i32.const 1024) "create log done delete :path")
(func (export "proxy_on_context_create") (param i32 i32) (call $say (i32.const 1024) (i32.const 6)))
(func (export "proxy_on_log") (param i32)
  (call $say (i32.const 1031) (i32.const 3))
  (drop (call $get_header (i32.const 0) (i32.const 1047) (i32.const 5) (i32.const 0) (i32.const 4)))
  (call $say_given))
(func (export "proxy_on_done") (param i32) (result i32) (call $say (i32.const 1035) (i32.const 4)) i32.const 0)
(func (export "proxy_on_delete") (param i32) (call $say (i32.const 1040) (i32.const 6)))
