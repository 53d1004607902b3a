//! Choosing a case: one option for every call, or none.

use super::case::Case;
use crate::elevenlabs::ChooseScript;
use crate::knowlarity::{Dialled, Fates};
use clap::{Arg, ArgAction, ArgGroup, ArgMatches, Args, Command, FromArgMatches};

/// Which numbers say what becomes of their dials.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Numbers {
    /// None.
    #[default]
    Alike,
    /// Those of the cases, see [`Case::number`].
    Cases,
    /// Every one, by its last digit, see [`Case::by_last_digit`].
    LastDigit,
}

/// Which case a call is of.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cases {
    /// Which numbers say so.
    pub numbers: Numbers,
    /// The case of all others; they are answered without it.
    pub always: Option<Case>,
}

impl Cases {
    /// The case of calls to this number, if nothing else is said of them.
    #[must_use]
    pub fn at(self, number: &str) -> Option<Case> {
        let own = match self.numbers {
            Numbers::Alike => None,
            Numbers::Cases => Case::at(number),
            Numbers::LastDigit => Some(Case::by_last_digit(number)),
        };
        own.or(self.always)
    }

    /// The carrier's part in it.
    #[must_use]
    pub fn fates(self) -> Fates {
        Fates::new(move |number, earlier| {
            let case = self.at(number)?;
            Some((case.dial(earlier), case.callee()))
        })
    }

    /// The agent's part, in conversations that tell by this variable which dial they belong to.
    #[must_use]
    pub fn scripts(self, dialled: Dialled, variable: &'static str) -> ChooseScript {
        ChooseScript::new(move |variables| {
            let words = variables.get(variable)?.as_str()?;
            let number = dialled.number_of(words)?;
            self.at(&number)?.script(dialled.count(&number))
        })
    }
}

/// The case of every call, as an option of the command line: `--busy` and so on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Chosen(pub Option<Case>);

impl FromArgMatches for Chosen {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut chosen = Self::default();
        chosen.update_from_arg_matches(matches)?;
        Ok(chosen)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        let mut cases = Case::ALL.into_iter();
        self.0 = cases.find(|case| matches.get_flag(case.name()));
        Ok(())
    }
}

impl Args for Chosen {
    fn augment_args(command: Command) -> Command {
        let names = Case::ALL.map(Case::name);
        let group = ArgGroup::new("case").args(names).multiple(false);
        let arg = |case: Case| {
            let arg = Arg::new(case.name()).long(case.name());
            let arg = arg
                .action(ArgAction::SetTrue)
                .help_heading("What becomes of every call");
            arg.help(case.says())
        };
        command.args(Case::ALL.map(arg)).group(group)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(arguments: &[&str]) -> Result<Chosen, clap::Error> {
        let command = Chosen::augment_args(Command::new("it"));
        let matches = command.try_get_matches_from([&["it"], arguments].concat())?;
        Chosen::from_arg_matches(&matches)
    }

    #[test]
    fn each_case_is_an_option_and_no_two_are_taken() {
        for case in Case::ALL {
            let option = format!("--{}", case.name());
            assert_eq!(read(&[&option]).unwrap(), Chosen(Some(case)));
        }
        assert_eq!(read(&[]).unwrap(), Chosen(None));
        assert!(read(&["--busy", "--no-answer"]).is_err());
    }

    #[test]
    fn a_number_goes_before_what_holds_for_every_other() {
        let (busy, other) = (Case::Busy.number(), "+911234567892");
        for (numbers, expected) in [
            (Numbers::Alike, [Case::OptsOut, Case::OptsOut]),
            (Numbers::Cases, [Case::Busy, Case::OptsOut]),
            (Numbers::LastDigit, [Case::Busy, Case::NoAnswer]),
        ] {
            let always = Some(Case::OptsOut);
            let cases = Cases { numbers, always };
            assert_eq!(
                [busy, other].map(|number| cases.at(number)),
                expected.map(Some)
            );
        }
        assert_eq!(Cases::default().at(busy), None);
    }
}
