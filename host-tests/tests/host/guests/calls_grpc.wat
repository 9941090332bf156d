;; Calls the cluster "pdp" in gRPC when headers come, and says of the answer: its :status, where it has a grpc-status (its
;; headers, its trailers: 0 is found) and which, and the body.
(data (i32.const 1024) "pdp:status")
(data (i32.const 1040) "grpc-status")
;; Pairs: :method POST, :path /s/M, :authority pdp, content-type application/grpc
(data (i32.const 1100)
  "\04\00\00\00\07\00\00\00\04\00\00\00\05\00\00\00\04\00\00\00\0a\00\00\00\03\00\00\00\0c\00\00\00\10\00\00\00"
  ":method\00POST\00:path\00/s/M\00:authority\00pdp\00content-type\00application/grpc\00")
(func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
  (drop (call $call (i32.const 1024) (i32.const 3) (i32.const 1100) (i32.const 105)
    (i32.const 1024) (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 200) (i32.const 8)))
  i32.const 1)
(func $look (param $map i32) (local $found i32)
  (local.set $found
    (call $get_header (local.get $map) (i32.const 1040) (i32.const 11) (i32.const 0) (i32.const 4)))
  (call $say_number (local.get $found))
  (if (i32.eqz (local.get $found)) (then (call $say_given))))
(func (export "proxy_on_http_call_response") (param i32 i32 i32) (param $body i32) (param i32)
  (drop (call $get_header (i32.const 6) (i32.const 1027) (i32.const 7) (i32.const 0) (i32.const 4)))
  (call $say_given)
  (call $look (i32.const 6))
  (call $look (i32.const 7))
  (drop (call $get_buffer (i32.const 4) (i32.const 0) (local.get $body) (i32.const 0) (i32.const 4)))
  (call $say_given))
