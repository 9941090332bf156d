;; Pauses the request's headers, then its body to the end, and says how much of it there is each time.
(data (i32.const 1024) "trailers")
(func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32) i32.const 1)
(func (export "proxy_on_request_body") (param i32) (param $size i32) (param $end i32) (result i32)
  (call $say_number (local.get $size))
  (i32.eqz (local.get $end)))
(func (export "proxy_on_request_trailers") (param i32 i32) (result i32)
  (call $say (i32.const 1024) (i32.const 8))
  i32.const 0)
