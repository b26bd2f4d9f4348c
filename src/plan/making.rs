//! What a plan is made of, besides its own settings.

use crate::config::Config;
use crate::environment::Environment;
use crate::name::ProfileName;

/// What holds for the plan of the chosen profile, and for those whose tokens it hands in.
#[derive(Clone, Copy)]
pub struct Making<'a> {
    /// The profile file.
    pub config: &'a Config,
    /// The variables.
    pub environment: &'a Environment,
    /// The profiles that hand this one's token in, the outermost first.
    pub above: &'a [ProfileName],
    /// Whether the built-in profile is that of a person, who is or will be signed in; a machine's else.
    pub of_person: bool,
}

impl<'a> Making<'a> {
    /// For the chosen profile, the built-in one being a machine's.
    pub fn new(config: &'a Config, environment: &'a Environment) -> Making<'a> {
        Making { config, environment, above: &[], of_person: false }
    }
}
