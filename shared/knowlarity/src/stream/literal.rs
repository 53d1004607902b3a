//! Python's way to print a dictionary, read into a JSON value.
//!
//! Some accounts send `str(dict)`: single quotes, `True`, `None`, trailing commas. Replacing
//! quotes would break names with an apostrophe, so this is a tokenizer.

use serde_json::{Map, Number, Value};

/// Deepest nesting read. Metadata is three levels deep.
const DEPTH_MAX: usize = 32;

/// Reads one literal from the start of `text`; returns it and how many bytes it took. Nothing if
/// the text is malformed or cut short.
pub(super) fn parse(text: &str) -> Option<(Value, usize)> {
    let mut reader = Reader { text, at: 0 };
    let value = reader.value(0)?;
    Some((value, reader.at))
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn value(&mut self, depth: usize) -> Option<Value> {
        if depth > DEPTH_MAX {
            return None;
        }
        match self.peek()? {
            '{' => self.dict(depth),
            '[' => self.list(']', depth),
            '(' => self.list(')', depth),
            '\'' | '"' => self.string().map(Value::String),
            _ => self.word(),
        }
    }

    fn dict(&mut self, depth: usize) -> Option<Value> {
        self.take('{')?;
        let mut entries = Map::new();
        while self.peek()? != '}' {
            let key = match self.value(depth + 1)? {
                Value::String(key) => key,
                Value::Number(key) => key.to_string(),
                Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
            };
            self.take(':')?;
            entries.insert(key, self.value(depth + 1)?);
            if self.peek()? != '}' {
                self.take(',')?;
            }
        }
        self.take('}')?;
        Some(Value::Object(entries))
    }

    fn list(&mut self, end: char, depth: usize) -> Option<Value> {
        self.bump();
        let mut items = Vec::new();
        while self.peek()? != end {
            items.push(self.value(depth + 1)?);
            if self.peek()? != end {
                self.take(',')?;
            }
        }
        self.take(end)?;
        Some(Value::Array(items))
    }

    fn string(&mut self) -> Option<String> {
        let quote = self.bump()?;
        let mut string = String::new();
        loop {
            match self.bump()? {
                '\\' => self.escape(&mut string)?,
                end if end == quote => return Some(string),
                other => string.push(other),
            }
        }
    }

    fn escape(&mut self, string: &mut String) -> Option<()> {
        match self.bump()? {
            'n' => string.push('\n'),
            't' => string.push('\t'),
            'r' => string.push('\r'),
            'b' => string.push('\u{8}'),
            'f' => string.push('\u{c}'),
            '\n' => {}
            'x' => string.push(self.code_point(2)?),
            'u' => string.push(self.code_point(4)?),
            'U' => string.push(self.code_point(8)?),
            quoted @ ('\\' | '\'' | '"' | '/') => string.push(quoted),
            // Python keeps the backslash of an escape that it does not know.
            other => string.extend(['\\', other]),
        }
        Some(())
    }

    fn code_point(&mut self, digits: usize) -> Option<char> {
        let code = self.hex(digits)?;
        // JSON writers spell characters beyond 16 bits as two surrogates.
        if (0xD800..0xDC00).contains(&code) && self.rest().starts_with("\\u") {
            self.at += 2;
            let low = self.hex(4)?.checked_sub(0xDC00)?;
            return char::from_u32(0x10000 + ((code - 0xD800) << 10) + low);
        }
        char::from_u32(code)
    }

    fn hex(&mut self, digits: usize) -> Option<u32> {
        let code = self.text.get(self.at..self.at + digits)?;
        self.at += digits;
        code.bytes()
            .all(|byte| byte.is_ascii_hexdigit())
            .then_some(())?;
        u32::from_str_radix(code, 16).ok()
    }

    /// A number, or one of the names of both languages. `u'…'` and `b'…'` are strings.
    fn word(&mut self) -> Option<Value> {
        let rest = self.rest();
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.' | '_');
        let word = rest[..rest.find(|c| !is_part(c)).unwrap_or(rest.len())].to_owned();
        self.at += word.len();
        match word.as_str() {
            "True" | "true" => Some(Value::Bool(true)),
            "False" | "false" => Some(Value::Bool(false)),
            "None" | "null" => Some(Value::Null),
            "u" | "b" if self.rest().starts_with(['\'', '"']) => self.string().map(Value::String),
            number => number.parse::<Number>().ok().map(Value::Number),
        }
    }

    /// The next character that is no white space.
    fn peek(&mut self) -> Option<char> {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
        self.rest().chars().next()
    }

    fn take(&mut self, expected: char) -> Option<()> {
        (self.peek()? == expected).then(|| self.at += expected.len_utf8())
    }

    fn bump(&mut self) -> Option<char> {
        let next = self.rest().chars().next()?;
        self.at += next.len_utf8();
        Some(next)
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[track_caller]
    fn check(text: &str, expected: Value) {
        assert_eq!(parse(text), Some((expected, text.len())), "{text}");
    }

    #[test]
    fn python_literals_become_values() {
        check(
            "{'a': 'b', 'c': True, 'd': None,}",
            json!({"a": "b", "c": true, "d": null}),
        );
        check(
            "{'a': {'b': [1, -2.5, (3,)]}}",
            json!({"a": {"b": [1, -2.5, [3]]}}),
        );
        check(
            r#"{'name': "Maria D'Souza"}"#,
            json!({"name": "Maria D'Souza"}),
        );
        check(
            r"{'name': 'D\'Souza \u0930\xe9 \U0001F600'}",
            json!({"name": "D'Souza रé 😀"}),
        );
        check(
            r#"{"a": "\ud83d\ude00", "b": "\d"}"#,
            json!({"a": "😀", "b": "\\d"}),
        );
        check("{u'a': b'b', 1: 2}", json!({"a": "b", "1": 2}));
        check("{}", json!({}));
    }

    #[test]
    fn the_rest_of_the_text_is_left() {
        assert_eq!(parse("{'a': 1} {'b': 2}"), Some((json!({"a": 1}), 8)));
    }

    #[test]
    fn malformed_literals_are_refused() {
        for text in [
            "",
            "{",
            "{'a'",
            "{'a': }",
            "{'a': 'b",
            "{'a' 'b'}",
            "{'\\ud800': 1}",
            "word",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!(parse(&"[".repeat(100_000)), None);
    }

    proptest! {
        #[test]
        fn invariant_no_text_panics(text in "[{}\\[\\]()'\"\\\\,:ux0-9a-fTN% \u{e9}\u{930}]{0,60}") {
            if let Some((_, taken)) = parse(&text) {
                prop_assert!(text.is_char_boundary(taken));
            }
        }
    }
}
