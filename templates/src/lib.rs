//! x
pub mod texts {
    pub struct Texts;
}
