;; Lets the request's headers go on and looks at them (and edits them) afterwards.
(data (i32.const 1024) ":path")
(func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
  (call $say_number (call $get_header (i32.const 0) (i32.const 1024) (i32.const 5) (i32.const 0) (i32.const 4)))
  i32.const 0)
(func (export "proxy_on_request_body") (param i32 i32 i32) (result i32)
  (call $say_number (call $get_header (i32.const 0) (i32.const 1024) (i32.const 5) (i32.const 0) (i32.const 4)))
  (call $say_number (call $add_header (i32.const 0) (i32.const 1024) (i32.const 5) (i32.const 1024) (i32.const 5)))
  ;; All of them at once are no error, just none.
  (call $say_number (call $get_headers (i32.const 0) (i32.const 0) (i32.const 4)))
  (call $say_number (i32.load (i32.const 4)))
  i32.const 0)
