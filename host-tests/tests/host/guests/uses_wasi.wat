;; On a tick: says 8 random bytes, prints its environment on standard output.
(func (export "proxy_on_tick") (param i32)
  (drop (call $random (i32.const 16) (i32.const 4)))
  (call $say_number (i32.load (i32.const 16)))
  (drop (call $environ_sizes (i32.const 32) (i32.const 36)))
  (drop (call $environ (i32.const 64) (i32.const 2048)))
  (i32.store (i32.const 40) (i32.load (i32.const 64)))
  (i32.store (i32.const 44) (i32.load (i32.const 36)))
  (drop (call $fd_write (i32.const 1) (i32.const 40) (i32.const 1) (i32.const 48))))
