;; Refuses a response when its headers come.
(data (i32.const 1024) "badleaked")
(func (export "proxy_on_response_headers") (param i32 i32 i32) (result i32)
  (drop (call $reply (i32.const 502) (i32.const 1024) (i32.const 3) (i32.const 1027) (i32.const 6)
    (i32.const 0) (i32.const 0) (i32.const -1)))
  i32.const 1)
