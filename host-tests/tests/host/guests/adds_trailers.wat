;; Adds a trailer to a request that has none, at the end of its body.
(data (i32.const 1024) "x-sum1")
(func (export "proxy_on_request_body") (param i32 i32) (param $end i32) (result i32)
  (if (local.get $end)
    (then (drop (call $add_header (i32.const 1) (i32.const 1024) (i32.const 5) (i32.const 1029) (i32.const 1)))))
  i32.const 0)
