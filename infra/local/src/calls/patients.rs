//! `cargo run -- patients`: what is known of a patient, out of sight or kept.

use crate::{
    client::{Client, Trouble},
    news::text,
    remote::{Ended, Remote, Talk, ended, written},
};
use anyhow::{Context, Result, ensure};
use clap::{Args, Subcommand};
use serde_json::Value;
use settings::Env;
use std::io::{self, Write};
use url::Url;

/// What is done with all that is known of a patient.
#[derive(Subcommand, Clone, Debug)]
pub enum Patients {
    /// Takes all of it out of sight at once, for good, and ends their calls; it is erased when its time is over
    Erase(Erase),
    /// Keeps it from being erased, for example during a lawsuit
    Hold(Named),
    /// Lets it be erased again
    Release(Named),
}

/// Who is erased.
#[derive(Args, Clone, Debug)]
pub struct Erase {
    /// Says that it is meant: it cannot be undone
    #[arg(long)]
    pub yes: bool,
    /// Which patient.
    #[command(flatten)]
    pub named: Named,
}

/// Which patient.
#[derive(Args, Clone, Debug)]
pub struct Named {
    /// The CRM's own id of the patient, or the sessionId of a call that named none
    pub id: String,
    /// The system.
    #[command(flatten)]
    pub remote: Remote,
}

/// Does it, and says what became of it.
///
/// # Errors
/// If it is not said to be meant, there is no key, or the address is not that of this API.
pub async fn patients(
    asked: &Patients,
    env: &Env,
    out: &mut (dyn Write + Send),
    talk: &mut Talk<'_>,
) -> Result<Ended> {
    let named = match asked {
        Patients::Erase(erase) => {
            ensure!(
                erase.yes,
                "what is erased cannot be brought back: --yes says that it is meant"
            );
            &erase.named
        }
        Patients::Hold(named) | Patients::Release(named) => named,
    };
    let client = Client::new(&named.remote.url, env, "admin")?;
    let path = path(&named.id)?;
    let answer = match ask(&client, asked, &path).await {
        Ok(answer) => answer,
        Err(trouble) => return ended(&trouble, &named.remote, talk),
    };
    written(if named.remote.json {
        writeln!(out, "{answer:#}")
    } else {
        tell(asked, &answer, out)
    })?;
    Ok(Ended::Done)
}

/// The patient's path; an id may hold any sign.
fn path(id: &str) -> Result<String> {
    let mut url = Url::parse("http://127.0.0.1/api/patients")?;
    let mut segments = url
        .path_segments_mut()
        .ok()
        .context("the path of a patient")?;
    segments.push(id);
    drop(segments);
    Ok(url.path().to_owned())
}

async fn ask(client: &Client, asked: &Patients, path: &str) -> Result<Value, Trouble> {
    let hold = format!("{path}/hold");
    match asked {
        Patients::Erase(_) => client.delete(path, None).await,
        Patients::Hold(_) => client.put_json(&hold, &serde_json::json!({})).await,
        Patients::Release(_) => client.delete(&hold, None).await,
    }
}

fn tell(asked: &Patients, answer: &Value, out: &mut dyn Write) -> io::Result<()> {
    match asked {
        Patients::Erase(_) => {
            let (calls, rows) = (&answer["calls"], &answer["rows"]);
            let (id, after) = (text(&answer["erasureId"]), text(&answer["erasedAfter"]));
            writeln!(
                out,
                "erasure {id}: {calls} calls and {rows} rows are out of sight, and erased after {after}"
            )?;
            if answer["held"] == true {
                writeln!(out, "but a hold keeps them until it is released")?;
            }
            Ok(())
        }
        Patients::Hold(_) => writeln!(out, "nothing of the patient is erased until it is released"),
        Patients::Release(_) => writeln!(out, "it is erased when its time is over"),
    }
}

#[cfg(test)]
mod tests {
    use super::path;

    #[test]
    fn an_id_is_one_part_of_the_path_whatever_it_holds() {
        for (id, expected) in [
            ("patient_123", "/api/patients/patient_123"),
            ("a/b?c#d", "/api/patients/a%2Fb%3Fc%23d"),
            ("राम", "/api/patients/%E0%A4%B0%E0%A4%BE%E0%A4%AE"),
        ] {
            assert_eq!(path(id).unwrap(), expected);
        }
    }
}
