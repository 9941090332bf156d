;; Counts requests in shared data, one letter more each; says the length before, and what a write
;; with a stale version gives.
(data (i32.const 1024) "countxxxxxxxxxxxxxxxx")
(func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
  (local $len i32)
  (if (i32.eqz (call $get_shared (i32.const 1024) (i32.const 5) (i32.const 0) (i32.const 4) (i32.const 8)))
    (then (local.set $len (i32.load (i32.const 4))))
    (else (i32.store (i32.const 8) (i32.const 0))))
  (call $say_number (local.get $len))
  (call $say_number (call $set_shared (i32.const 1024) (i32.const 5)
    (i32.const 1029) (i32.add (local.get $len) (i32.const 1)) (i32.load (i32.const 8))))
  (call $say_number (call $set_shared (i32.const 1024) (i32.const 5) (i32.const 1029) (i32.const 0) (i32.const 4242)))
  i32.const 0)
