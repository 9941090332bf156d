;; Makes calls that can't be made: an unknown cluster, headers without :path, a negative timeout.
(data (i32.const 1024) "pdpnobody")
(data (i32.const 1100)
  "\03\00\00\00\07\00\00\00\03\00\00\00\05\00\00\00\01\00\00\00\0a\00\00\00\03\00\00\00"
  ":method\00GET\00:path\00/\00:authority\00pdp\00")
(data (i32.const 1200) "\01\00\00\00\07\00\00\00\03\00\00\00:method\00GET\00")
(func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
  (call $say_number (call $call (i32.const 1027) (i32.const 6) (i32.const 1100) (i32.const 63)
    (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 200) (i32.const 8)))
  (call $say_number (call $call (i32.const 1024) (i32.const 3) (i32.const 1200) (i32.const 24)
    (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 200) (i32.const 8)))
  (call $say_number (call $call (i32.const 1024) (i32.const 3) (i32.const 1100) (i32.const 63)
    (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const -1) (i32.const 8)))
  i32.const 0)
