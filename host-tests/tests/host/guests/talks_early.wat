;; Uses the host before it is initialised.
(func (export "_initialize") (drop (call $tick_every (i32.const 50))))
