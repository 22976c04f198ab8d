//! The tokens that hold text: plain, quoted and block scalars, anchors, tags and directives.

use crate::text::kubeyaml::scan::Scanner;
use crate::text::kubeyaml::token::{Kind, Problem, Result};

/// Line breaks and blanks between two words of a text that goes over lines.
#[derive(Default)]
struct Gap {
    /// There was a line break.
    broken: bool,
    blanks: String,
    first: String,
    others: String,
}

impl Gap {
    /// Collects the blanks and line breaks that follow.
    fn collect(&mut self, scanner: &mut Scanner<'_>, tabs_from: Option<isize>) -> Result<()> {
        while scanner.is_blank(0) || scanner.is_break(0) {
            if scanner.is_break(0) {
                let into = if self.broken { &mut self.others } else { &mut self.first };
                scanner.copy_break(into);
                self.broken = true;
            } else if !self.broken {
                scanner.copy(&mut self.blanks);
            } else if tabs_from.is_some_and(|column| (scanner.mark.column as isize) < column)
                && scanner.byte(0) == b'\t'
            {
                return Err(Problem::new(scanner.mark.at, "a tab stands where YAML wants spaces"));
            } else {
                scanner.skip();
            }
        }
        Ok(())
    }

    /// What stands for them in the text: one break is a space, several are one fewer.
    fn fold(&mut self, text: &mut String) {
        match self.broken {
            false => text.push_str(&self.blanks),
            true if self.first == "\n" && self.others.is_empty() => text.push(' '),
            true if self.first == "\n" => text.push_str(&self.others),
            true => {
                text.push_str(&self.first);
                text.push_str(&self.others);
            }
        }
        *self = Gap::default();
    }
}

impl Scanner<'_> {
    pub(super) fn starts_plain(&self) -> bool {
        match self.byte(0) {
            b'-' => !self.is_blank(1),
            b'?' | b':' => self.flow == 0 && !self.is_space_or_end(1),
            b',' | b'[' | b']' | b'{' | b'}' | b'#' | b'&' | b'*' | b'!' | b'|' | b'>' | b'\'' | b'"' | b'%' | b'@'
            | b'`' => false,
            _ => !self.is_space_or_end(0),
        }
    }

    /// Also says where the text ends: what follows on its lines was looked at already.
    pub(super) fn plain(&mut self) -> Result<(Kind, usize)> {
        let indent = self.indent + 1;
        let (mut text, mut gap, mut end) = (String::new(), Gap::default(), self.mark.at);
        while !self.is_document_mark() && self.byte(0) != b'#' {
            let run = self.mark.at;
            while !self.is_space_or_end(0) && !self.ends_plain() {
                self.skip();
            }
            if self.mark.at > run {
                gap.fold(&mut text);
                text.push_str(&self.text[run..self.mark.at]);
                end = self.mark.at;
            }
            if !(self.is_blank(0) || self.is_break(0)) {
                break;
            }
            gap.collect(self, Some(indent))?;
            if self.flow == 0 && (self.mark.column as isize) < indent {
                break;
            }
        }
        // A text that was followed by a line break ends where a key may start.
        self.simple_key_allowed |= gap.broken;
        Ok((Kind::Scalar { text, plain: true }, end))
    }

    fn ends_plain(&self) -> bool {
        match self.byte(0) {
            b':' => self.is_space_or_end(1),
            b',' | b'?' | b'[' | b']' | b'{' | b'}' => self.flow > 0,
            _ => false,
        }
    }

    pub(super) fn quoted(&mut self, single: bool) -> Result<Kind> {
        let (start, quote) = (self.mark.at, self.byte(0));
        self.skip();
        let mut text = String::new();
        loop {
            if self.is_document_mark() {
                return Err(Problem::new(self.mark.at, "a document ends within quotes"));
            }
            if self.byte(0) == 0 {
                return Err(Problem::new(start, "these quotes are not closed"));
            }
            let mut gap = Gap::default();
            while !self.is_space_or_end(0) {
                match self.byte(0) {
                    b'\'' if single && self.byte(1) == b'\'' => {
                        text.push('\'');
                        self.skip();
                        self.skip();
                    }
                    byte if byte == quote => break,
                    b'\\' if !single && self.is_break(1) => {
                        self.skip();
                        self.skip_break();
                        gap.broken = true;
                        break;
                    }
                    b'\\' if !single => self.escape(&mut text)?,
                    _ => self.copy(&mut text),
                }
            }
            if self.byte(0) == quote {
                self.skip();
                return Ok(Kind::Scalar { text, plain: false });
            }
            gap.collect(self, None)?;
            gap.fold(&mut text);
        }
    }

    /// `\x41` and its like; YAML 1.1 has no `\/`.
    fn escape(&mut self, text: &mut String) -> Result<()> {
        let start = self.mark.at;
        let digits = match self.byte(1) {
            b'x' => 2,
            b'u' => 4,
            b'U' => 8,
            _ => 0,
        };
        let known = match self.byte(1) {
            b'0' => '\0',
            b'a' => '\x07',
            b'b' => '\x08',
            b't' | b'\t' => '\t',
            b'n' => '\n',
            b'v' => '\x0b',
            b'f' => '\x0c',
            b'r' => '\r',
            b'e' => '\x1b',
            b'N' => '\u{85}',
            b'_' => '\u{a0}',
            b'L' => '\u{2028}',
            b'P' => '\u{2029}',
            other @ (b' ' | b'"' | b'\'' | b'\\') => char::from(other),
            b'/' if self.json => '/',
            _ if digits > 0 => {
                self.skip();
                self.skip();
                text.push(self.code_point(start, digits)?);
                return Ok(());
            }
            _ => {
                let c = self.text[start + 1..].chars().next().unwrap_or(' ');
                return Err(Problem::new(start, format!("`\\{c}` is no escape of YAML 1.1")));
            }
        };
        text.push(known);
        self.skip();
        self.skip();
        Ok(())
    }

    fn code_point(&mut self, start: usize, digits: usize) -> Result<char> {
        let wrong =
            || Problem::new(start, format!("after this escape stand {digits} hexadecimal digits of a character"));
        let first = self.hexadecimal(digits).ok_or_else(wrong)?;
        let paired = self.json && digits == 4 && (0xD800..0xDC00).contains(&first);
        if paired && self.byte(0) == b'\\' && self.byte(1) == b'u' {
            self.skip();
            self.skip();
            let second = self.hexadecimal(4).ok_or_else(wrong)?;
            let code = 0x10000 + ((first - 0xD800) << 10) + (second.wrapping_sub(0xDC00) & 0x3FF);
            return char::from_u32(code).ok_or_else(wrong);
        }
        char::from_u32(first).ok_or_else(wrong)
    }

    fn hexadecimal(&mut self, digits: usize) -> Option<u32> {
        let found = self.text.get(self.mark.at..self.mark.at + digits)?;
        let value = found.bytes().all(|b| b.is_ascii_hexdigit()).then(|| u32::from_str_radix(found, 16).ok())??;
        (0..digits).for_each(|_| self.skip());
        Some(value)
    }

    /// Also says where the text starts, that is its first line where that is not empty, and where it ends.
    pub(super) fn block_scalar(&mut self) -> Result<(Kind, usize, usize)> {
        let (start, literal) = (self.mark.at, self.byte(0) == b'|');
        self.skip();
        let (mut keep, mut strip, mut increment) = (false, false, 0);
        for _ in 0..2 {
            match self.byte(0) {
                sign @ (b'+' | b'-') if !keep && !strip => (keep, strip) = (sign == b'+', sign == b'-'),
                digit @ b'1'..=b'9' if increment == 0 => increment = isize::from(digit - b'0'),
                b'0' if increment == 0 => return Err(Problem::new(start, "an indentation of 0 is none")),
                _ => break,
            }
            self.skip();
        }
        self.skip_blanks();
        self.skip_comment();
        if !self.is_break_or_end(0) {
            return Err(Problem::new(self.mark.at, "a text in block form starts on the next line"));
        }
        if self.is_break(0) {
            self.skip_break();
        }
        let mut indent = if increment > 0 { self.indent.max(0) + increment } else { 0 };
        let (mut text, mut leading, mut others) = (String::new(), String::new(), String::new());
        self.block_breaks(&mut indent, &mut others)?;
        let (mut after_blank, mut end) = (false, self.mark.at);
        let first_line = self.mark.column as isize == indent && others.is_empty() && self.byte(0) != 0;
        let begin = if first_line { self.mark.at } else { start };
        while self.mark.column as isize == indent && self.byte(0) != 0 {
            let blank = self.is_blank(0);
            if !literal && !after_blank && !blank && leading == "\n" {
                if others.is_empty() {
                    text.push(' ');
                }
            } else {
                text.push_str(&leading);
            }
            leading.clear();
            text.push_str(&others);
            others.clear();
            after_blank = blank;
            let run = self.mark.at;
            while !self.is_break_or_end(0) {
                self.skip();
            }
            text.push_str(&self.text[run..self.mark.at]);
            end = self.mark.at;
            if self.is_break(0) {
                self.copy_break(&mut leading);
            }
            self.block_breaks(&mut indent, &mut others)?;
        }
        if !strip {
            text.push_str(&leading);
        }
        if keep {
            text.push_str(&others);
        }
        Ok((Kind::Scalar { text, plain: false }, begin, end))
    }

    /// Passes over indentation and empty lines; an indentation of 0 is not known yet.
    fn block_breaks(&mut self, indent: &mut isize, breaks: &mut String) -> Result<()> {
        let mut deepest = 0;
        loop {
            let before = |scanner: &Self| *indent == 0 || (scanner.mark.column as isize) < *indent;
            while before(self) && self.byte(0) == b' ' {
                self.skip();
            }
            deepest = deepest.max(self.mark.column as isize);
            if before(self) && self.byte(0) == b'\t' {
                return Err(Problem::new(self.mark.at, "a tab stands where YAML wants spaces"));
            }
            if !self.is_break(0) {
                break;
            }
            self.copy_break(breaks);
        }
        if *indent == 0 {
            *indent = deepest.max(self.indent + 1).max(1);
        }
        Ok(())
    }

    pub(super) fn anchor(&mut self) -> Result<String> {
        let start = self.mark.at;
        self.skip();
        let name = self.word();
        let ends = self.is_space_or_end(0) || b"?:,]}%@`".contains(&self.byte(0));
        if name.is_empty() || !ends {
            return Err(Problem::new(start, "the name of an anchor has letters, digits, `-` and `_`"));
        }
        Ok(name)
    }

    fn word(&mut self) -> String {
        let mut word = String::new();
        while self.byte(0).is_ascii_alphanumeric() || matches!(self.byte(0), b'_' | b'-') {
            self.copy(&mut word);
        }
        word
    }

    pub(super) fn tag(&mut self) -> Result<(String, String)> {
        let start = self.mark.at;
        let found = if self.byte(1) == b'<' {
            self.skip();
            self.skip();
            let suffix = self.uri(start, "")?;
            if self.byte(0) != b'>' {
                return Err(Problem::new(start, "this tag is not closed"));
            }
            self.skip();
            (String::new(), suffix)
        } else {
            let handle = self.handle();
            if handle.len() > 1 && handle.ends_with('!') {
                let suffix = self.uri(start, "")?;
                (handle, suffix)
            } else {
                match self.uri(start, &handle)? {
                    suffix if suffix.is_empty() => (String::new(), "!".into()),
                    suffix => ("!".into(), suffix),
                }
            }
        };
        if !self.is_space_or_end(0) {
            return Err(Problem::new(start, "a space must follow a tag"));
        }
        Ok(found)
    }

    fn handle(&mut self) -> String {
        let mut handle = String::from("!");
        self.skip();
        handle += &self.word();
        if self.byte(0) == b'!' {
            self.copy(&mut handle);
        }
        handle
    }

    /// The rest of a tag; `head` is its start as far as it is known, with its `!`.
    fn uri(&mut self, start: usize, head: &str) -> Result<String> {
        let mut bytes = head.as_bytes().get(1..).unwrap_or_default().to_vec();
        let before = self.mark.at;
        while self.byte(0).is_ascii_alphanumeric() || b"_-;/?:@&=+$,.!~*'()[]%".contains(&self.byte(0)) {
            if self.byte(0) == b'%' {
                self.skip();
                let octet = self.hexadecimal(2).ok_or_else(|| Problem::new(start, "`%` in a tag takes two digits"))?;
                bytes.push(octet as u8);
            } else {
                bytes.push(self.byte(0));
                self.skip();
            }
        }
        if head.is_empty() && self.mark.at == before {
            return Err(Problem::new(start, "this tag has no name"));
        }
        String::from_utf8(bytes).map_err(|_| Problem::new(start, "this tag is not UTF-8"))
    }

    pub(super) fn directive(&mut self) -> Result<Kind> {
        let start = self.mark.at;
        self.skip();
        let name = self.word();
        let word = |scanner: &mut Self| {
            scanner.skip_blanks();
            let mut word = String::new();
            while !scanner.is_space_or_end(0) {
                scanner.copy(&mut word);
            }
            word
        };
        let kind = match name.as_str() {
            "YAML" => Kind::Version(word(self)),
            "TAG" => {
                let handle = word(self);
                Kind::TagDirective(handle, word(self))
            }
            _ => return Err(Problem::new(start, "there are two directives, `%YAML` and `%TAG`")),
        };
        self.skip_blanks();
        self.skip_comment();
        if !self.is_break_or_end(0) {
            return Err(Problem::new(self.mark.at, "nothing may follow a directive on its line"));
        }
        if self.is_break(0) {
            self.skip_break();
        }
        Ok(kind)
    }
}
