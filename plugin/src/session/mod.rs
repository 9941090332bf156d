//! What an agent did a moment ago: how often, how much, how often in vain.
//!
//! One call of a manipulated agent looks like one of an honest agent; ten thousand don't. So the calls of one agent, user
//! and session are counted, in windows that end now, and rules compare the figures.
//!
//! **Shared, bounded, exact.** The memory is one of the proxy's: its workers share it, and it outlives a configuration.
//! It has a fixed number of slots, each of one fixed size, with the memories of a few sessions in it; a new session takes
//! the place of the one that was silent the longest. A worker reads a slot, judges by it, and writes it back only if
//! nobody wrote it meanwhile; else it reads and judges again. So "at most ten an hour" are ten, however many workers
//! there are.
//!
//! **Pure.** What a slot becomes is a function of what it was, of the action and of the time. Reading and writing are
//! [`Step`](crate::exchange::Step)s of the machine, and happen only if a rule or the quarantine looks at a figure.
//!
//! | figure | what it counts | this call included |
//! |---|---|---|
//! | `calls` | calls that the rules let through | yes |
//! | `list`, `read`, … `unknown` | those of one kind of action | if it is of this kind |
//! | `tools` | different tools among them, up to 32 | yes |
//! | `rows` | rows asked for: the parameters `session_memory.rows`; 1 for a read that names none | yes |
//! | `amount` | money, in whole units, rounded up: the parameters `session_memory.amount` | yes |
//! | `bytes_out` | bytes of bodies sent to tools | yes |
//! | `denials` | calls that were refused, by rules or by the decision service | no |
//!
//! A window counts up to a sixth longer than its name says, never shorter: it consists of six parts that have ended, and
//! the one that hasn't.

mod act;
mod bytes;
mod entry;
mod figures;
mod settings;
mod slot;
mod tally;
mod window;

pub use act::{Act, Outcome};
pub use figures::{Figure, Figures};
pub use settings::{Key, Part, Quarantine, Sessions};
pub use slot::{Memory, SLOT_BYTES, SLOTS, SlotId};
pub use window::Window;
