;; Wants a tick every 50 ms and says the seconds of its monotonic clock on each.
(func (export "proxy_on_vm_start") (param i32 i32) (result i32)
  (drop (call $tick_every (i32.const 50)))
  i32.const 1)
(func (export "proxy_on_tick") (param i32)
  (drop (call $clock (i32.const 1) (i64.const 0) (i32.const 16)))
  (call $say_number (i32.wrap_i64 (i64.div_u (i64.load (i32.const 16)) (i64.const 1000000000)))))
