;; Calls the foreign function "verify_signature" with its plugin configuration when a request comes,
;; and says the status, and the length and first two bytes of the result; then one that nobody has.
(data (i32.const 1024) "verify_signatureno_such")
(global $len (mut i32) (i32.const 0))
(global $at (mut i32) (i32.const 0))
(func (export "proxy_on_configure") (param i32) (param $size i32) (result i32)
  (drop (call $get_buffer (i32.const 7) (i32.const 0) (local.get $size) (i32.const 0) (i32.const 4)))
  (global.set $at (i32.load (i32.const 0)))
  (global.set $len (i32.load (i32.const 4)))
  i32.const 1)
(func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
  (local $status i32)
  (local.set $status
    (call $foreign (i32.const 1024) (i32.const 16) (global.get $at) (global.get $len) (i32.const 0) (i32.const 4)))
  (call $say_number (local.get $status))
  (if (i32.eqz (local.get $status)) (then
    (call $say_number (i32.load16_u (i32.load (i32.const 0))))))
  (call $say_number
    (call $foreign (i32.const 1040) (i32.const 7) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 4)))
  i32.const 0)
