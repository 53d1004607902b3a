//! Which system is asked, and with which key, kept for the next command in a file of its owner alone.

use agent_setup::BaseUrl;
use anyhow::{Context, Result, ensure};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

/// Under the folder of settings.
const PLACE: &str = "outbound-call/login.json";

/// A system and the key that it is asked with.
pub struct Stored {
    /// Its address.
    pub url: BaseUrl,
    /// The key. It is for this address alone.
    pub key: SecretString,
}

/// Where it is kept: under `XDG_CONFIG_HOME`, else under `.config` at home; nowhere without a home.
#[must_use]
pub fn place(read: impl Fn(&str) -> Option<String>) -> Option<PathBuf> {
    let folder = |name: &str| {
        let folder = read(name).map(PathBuf::from);
        folder.filter(|folder| folder.is_absolute())
    };
    let home = || folder("HOME").map(|home| home.join(".config"));
    Some(folder("XDG_CONFIG_HOME").or_else(home)?.join(PLACE))
}

impl Stored {
    /// What is kept there, if anything is.
    ///
    /// # Errors
    /// If others can read it, or it is not what [`Self::save`] writes: the message says what to do.
    pub fn load(path: &Path) -> Result<Option<Self>> {
        let text = match fs::read_to_string(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            text => text.with_context(|| format!("cannot read {}", path.display()))?,
        };
        is_ours_alone(path)?;
        let read = || {
            let kept: Value = serde_json::from_str(&text).ok()?;
            let url = kept["url"].as_str()?.parse().ok()?;
            let key = SecretString::from(kept["key"].as_str()?.to_owned());
            Some(Self { url, key })
        };
        let kept = read();
        let path = path.display();
        Ok(Some(kept.with_context(|| {
            format!("{path} cannot be understood: give `login` again, which writes it anew")
        })?))
    }

    /// Keeps it there, readable by its owner alone.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<()> {
        let folder = path.parent().context("no folder to keep it in")?;
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let kept = json!({ "url": self.url.to_string(), "key": self.key.expose_secret() });
        crate::campaign::save(path, |file| {
            use std::io::Write;
            Ok(writeln!(file, "{kept:#}")?)
        })
    }
}

fn is_ours_alone(path: &Path) -> Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(path)?.permissions().mode();
        let path = path.display();
        ensure!(
            mode & 0o077 == 0,
            "others can read the key in {path}: `chmod 600 {path}`, and change the key if somebody may have"
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(test: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("login-{test}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        folder.join("outbound-call/login.json")
    }

    fn gone(path: &Path) {
        fs::remove_dir_all(path.parent().unwrap().parent().unwrap()).unwrap();
    }

    #[test]
    fn what_is_kept_is_for_its_owner_alone_and_refused_if_others_can_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let path = file("kept");
        assert!(Stored::load(&path).unwrap().is_none());
        let stored = Stored {
            url: "https://api.example.org".parse().unwrap(),
            key: SecretString::from("a-key".to_owned()),
        };
        stored.save(&path).unwrap();
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        let kept = Stored::load(&path).unwrap().unwrap();
        assert_eq!(kept.url.to_string(), "https://api.example.org");
        assert_eq!(kept.key.expose_secret(), "a-key");
        for mode in [0o640, 0o604, 0o660] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let told = Stored::load(&path).err().unwrap().to_string();
            assert!(
                told.contains("chmod 600") && !told.contains("a-key"),
                "{told}"
            );
        }
        gone(&path);
    }

    #[test]
    fn what_is_no_login_says_what_to_do_and_shows_nothing_of_it() {
        use std::os::unix::fs::PermissionsExt;
        let path = file("broken");
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        for text in [
            "",
            "a-key",
            r#"{"url":"nowhere","key":"a-key"}"#,
            r#"{"key":"a-key"}"#,
        ] {
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
            let told = Stored::load(&path).err().unwrap().to_string();
            assert!(
                told.contains("`login`") && !told.contains("a-key"),
                "{told}"
            );
        }
        gone(&path);
    }

    #[test]
    fn it_is_kept_under_the_settings_of_its_owner() {
        let of = |home: &str, config: &str| {
            let given = [
                ("HOME", home.to_owned()),
                ("XDG_CONFIG_HOME", config.to_owned()),
            ];
            let read = move |name: &str| {
                let found = given.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| value.clone())
            };
            place(read).map(|path| path.display().to_string())
        };
        let kept = |folder: &str| Some(format!("{folder}/outbound-call/login.json"));
        assert_eq!(of("/home/a", ""), kept("/home/a/.config"));
        assert_eq!(of("/home/a", "relative"), kept("/home/a/.config"));
        assert_eq!(of("/home/a", "/etc/a"), kept("/etc/a"));
        assert_eq!(of("", ""), None);
    }
}
