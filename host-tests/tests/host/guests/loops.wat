;; Never returns from a request.
(func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
  (loop $again (br $again))
  unreachable)
