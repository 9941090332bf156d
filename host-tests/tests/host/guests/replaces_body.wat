;; Holds the request to its end; then the body becomes "new", gets something before and behind it,
;; and a header changes.
(data (i32.const 1024) "new<>content-lengthx-edited1")
(func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32) i32.const 1)
(func (export "proxy_on_request_body") (param i32) (param $size i32) (param $end i32) (result i32)
  (if (i32.eqz (local.get $end)) (then (return (i32.const 1))))
  (drop (call $set_buffer (i32.const 0) (i32.const 0) (local.get $size) (i32.const 1024) (i32.const 3)))
  (drop (call $set_buffer (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 1027) (i32.const 1)))
  (drop (call $set_buffer (i32.const 0) (i32.const 4) (i32.const 0) (i32.const 1028) (i32.const 1)))
  ;; The middle can't be edited.
  (call $say_number (call $set_buffer (i32.const 0) (i32.const 1) (i32.const 1) (i32.const 1024) (i32.const 3)))
  (drop (call $remove_header (i32.const 0) (i32.const 1029) (i32.const 14)))
  (drop (call $set_header (i32.const 0) (i32.const 1043) (i32.const 8) (i32.const 1051) (i32.const 1)))
  i32.const 0)
