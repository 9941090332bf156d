;; Asks the cluster "pdp", holds headers and body, and resumes when the answer comes, ended or not.
(data (i32.const 1024) "pdp")
;; Pairs: :method GET, :path /, :authority pdp
(data (i32.const 1100)
  "\03\00\00\00\07\00\00\00\03\00\00\00\05\00\00\00\01\00\00\00\0a\00\00\00\03\00\00\00"
  ":method\00GET\00:path\00/\00:authority\00pdp\00")
(global $stream (mut i32) (i32.const 0))
(func (export "proxy_on_request_headers") (param $id i32) (param i32 i32) (result i32)
  (global.set $stream (local.get $id))
  (drop (call $call (i32.const 1024) (i32.const 3) (i32.const 1100) (i32.const 63)
    (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 2000) (i32.const 8)))
  i32.const 1)
(func (export "proxy_on_request_body") (param i32) (param $size i32) (param $end i32) (result i32)
  (call $say_number (local.get $size))
  (i32.eqz (local.get $end)))
(func (export "proxy_on_http_call_response") (param i32 i32 i32 i32 i32)
  (drop (call $be (global.get $stream)))
  (drop (call $continue (i32.const 0))))
