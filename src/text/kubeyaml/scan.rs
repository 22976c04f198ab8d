//! Text -> tokens, as the scanner of go.yaml.in/yaml/v2 2.4 cuts it: libyaml's, with a look-ahead for `key:` of 1,024
//! characters on one line.

use std::collections::VecDeque;

use crate::text::kubeyaml::token::{Kind, Mark, Problem, Result, Token};

/// A token that is a key if a `:` follows.
#[derive(Clone, Copy)]
struct SimpleKey {
    /// Nothing else may stand here.
    required: bool,
    /// Its number from the start of the text.
    token: usize,
    mark: Mark,
    /// The reader waits for its colon. Go forgets to when the key is a list or map without anything in it: `[]: x` is an
    /// empty list, and the rest is not looked at.
    awaited: bool,
}

/// A depth of brackets.
#[derive(Default)]
struct Level {
    key: Option<SimpleKey>,
    /// The token that was a possible key here last, or the bracket itself.
    token: usize,
}

/// Cuts one document into tokens, as they are asked for.
pub struct Scanner<'a> {
    pub(super) text: &'a str,
    pub(super) mark: Mark,
    /// The text is JSON: its escapes count too, and a key may stand on another line than its colon.
    pub(super) json: bool,
    pub(super) indent: isize,
    pub(super) flow: usize,
    pub(super) simple_key_allowed: bool,
    start: usize,
    tokens: VecDeque<Token>,
    taken: usize,
    levels: Vec<Level>,
    indents: Vec<isize>,
}

impl<'a> Scanner<'a> {
    /// A scanner of a text from a byte on.
    pub fn new(text: &'a str, start: usize, json: bool) -> Self {
        Self {
            text,
            mark: Mark { at: start, ..Mark::default() },
            json,
            indent: -1,
            flow: 0,
            simple_key_allowed: true,
            start,
            tokens: VecDeque::new(),
            taken: 0,
            levels: vec![Level::default()],
            indents: Vec::new(),
        }
    }

    /// The next token, which stays.
    pub fn peek(&mut self) -> Result<&Token> {
        while self.tokens.is_empty() || self.head_may_be_a_key()? {
            self.fetch()?;
        }
        Ok(&self.tokens[0])
    }

    /// The next token.
    pub fn take(&mut self) -> Result<Token> {
        self.peek()?;
        self.taken += 1;
        Ok(self.tokens.pop_front().expect("`peek` leaves one"))
    }

    fn head_may_be_a_key(&mut self) -> Result<bool> {
        let is_head = |key: SimpleKey| key.token == self.taken && key.awaited;
        let level = self.levels.iter().position(|level| level.key.is_some_and(is_head));
        level.map_or(Ok(false), |level| self.is_possible(level))
    }

    fn push(&mut self, kind: Kind, start: usize) {
        let end = self.mark.at.min(self.text.len());
        self.tokens.push_back(Token { kind, start, end });
    }

    fn fetch(&mut self) -> Result<()> {
        self.skip_to_next_token();
        self.unroll(self.mark.column as isize);
        if self.structure()? {
            return Ok(());
        }
        let start = self.mark.at;
        let kind = match self.byte(0) {
            b'*' => self.key_candidate(|scanner| scanner.anchor().map(Kind::Alias))?,
            b'&' => self.key_candidate(|scanner| scanner.anchor().map(Kind::Anchor))?,
            b'!' => self.key_candidate(|scanner| scanner.tag().map(|(handle, suffix)| Kind::Tag(handle, suffix)))?,
            b'\'' => self.key_candidate(|scanner| scanner.quoted(true))?,
            b'"' => self.key_candidate(|scanner| scanner.quoted(false))?,
            b'|' | b'>' if self.flow == 0 => {
                self.drop_simple_key()?;
                self.simple_key_allowed = true;
                let (kind, start, end) = self.block_scalar()?;
                self.tokens.push_back(Token { kind, start, end });
                return Ok(());
            }
            _ if self.starts_plain() => {
                let (kind, end) = self.plain_candidate()?;
                self.tokens.push_back(Token { kind, start, end });
                return Ok(());
            }
            b'\t' => return Err(Problem::new(start, "a tab stands where YAML wants spaces")),
            _ => {
                let c = self.text[start..].chars().next().unwrap_or(' ');
                return Err(Problem::new(start, format!("nothing may start with `{c}`; put the text in quotes")));
            }
        };
        self.push(kind, start);
        Ok(())
    }

    /// Fetches a token that is no text: an indicator, a mark of the document, the end.
    fn structure(&mut self) -> Result<bool> {
        let (first, start) = (self.byte(0), self.mark.at);
        let alone = self.is_space_or_end(1);
        match first {
            0 => {
                self.unroll(-1);
                self.drop_simple_key()?;
                // Nothing becomes a key any more, within brackets that are not closed either.
                self.levels.iter_mut().for_each(|level| level.key = None);
                self.push(Kind::End, start);
            }
            b'%' if self.mark.column == 0 => {
                self.unroll(-1);
                self.drop_simple_key()?;
                self.simple_key_allowed = false;
                let kind = self.directive()?;
                self.push(kind, start);
            }
            b'-' | b'.' if self.is_document_mark() => {
                self.unroll(-1);
                self.drop_simple_key()?;
                self.simple_key_allowed = false;
                (0..3).for_each(|_| self.skip());
                self.push(if first == b'-' { Kind::DocumentStart } else { Kind::DocumentEnd }, start);
            }
            b'[' | b'{' => {
                self.save_simple_key()?;
                self.levels.push(Level { key: None, token: self.taken + self.tokens.len() });
                self.flow += 1;
                self.simple_key_allowed = true;
                self.skip();
                self.push(if first == b'[' { Kind::FlowList } else { Kind::FlowMap }, start);
            }
            b']' | b'}' => {
                self.drop_simple_key()?;
                if let Some(closed) = (self.flow > 0).then(|| self.levels.pop()).flatten() {
                    self.flow -= 1;
                    let same = self.levels.iter_mut().flat_map(|l| &mut l.key).filter(|key| key.token == closed.token);
                    same.for_each(|key| key.awaited = false);
                }
                self.simple_key_allowed = false;
                self.skip();
                self.push(if first == b']' { Kind::FlowListEnd } else { Kind::FlowMapEnd }, start);
            }
            b',' => {
                self.drop_simple_key()?;
                self.simple_key_allowed = true;
                self.skip();
                self.push(Kind::FlowEntry, start);
            }
            b'-' if alone => {
                self.may_start("an item of a list", Kind::BlockList)?;
                self.drop_simple_key()?;
                self.simple_key_allowed = true;
                self.skip();
                self.push(Kind::BlockEntry, start);
            }
            b'?' if alone || self.flow > 0 => {
                self.may_start("a key", Kind::BlockMap)?;
                self.drop_simple_key()?;
                self.simple_key_allowed = self.flow == 0;
                self.skip();
                self.push(Kind::Key, start);
            }
            b':' if alone || self.flow > 0 => self.value(start)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn value(&mut self, start: usize) -> Result<()> {
        let level = self.levels.len() - 1;
        if self.is_possible(level)? {
            let key = self.levels[level].key.take().expect("it is possible");
            let at = key.token.checked_sub(self.taken).unwrap_or(self.tokens.len());
            self.tokens.insert(at, Token { kind: Kind::Key, start: key.mark.at, end: key.mark.at });
            self.roll(key.mark, Some(at), Kind::BlockMap);
            self.simple_key_allowed = false;
        } else {
            self.may_start("a value", Kind::BlockMap)?;
            self.simple_key_allowed = self.flow == 0;
        }
        self.skip();
        self.push(Kind::Value, start);
        Ok(())
    }

    /// In lines: an item, key or value may start here, and with it the list or map that holds it.
    fn may_start(&mut self, what: &str, holder: Kind) -> Result<()> {
        if self.flow > 0 {
            return Ok(());
        }
        if !self.simple_key_allowed {
            return Err(Problem::new(self.mark.at, format!("{what} can't start here")));
        }
        self.roll(self.mark, None, holder);
        Ok(())
    }

    /// Passes over what is no token. Tabs may not stand where a key might start.
    fn skip_to_next_token(&mut self) {
        loop {
            if self.mark.at == self.start && self.text[self.start..].starts_with('\u{feff}') {
                self.mark.at += '\u{feff}'.len_utf8();
            }
            while self.byte(0) == b' ' || (self.byte(0) == b'\t' && (self.flow > 0 || !self.simple_key_allowed)) {
                self.skip();
            }
            self.skip_comment();
            if !self.is_break(0) {
                return;
            }
            self.skip_break();
            self.simple_key_allowed |= self.flow == 0;
        }
    }

    /// A deeper column opens a list or map.
    fn roll(&mut self, mark: Mark, at: Option<usize>, kind: Kind) {
        let column = mark.column as isize;
        if self.flow == 0 && self.indent < column {
            self.indents.push(self.indent);
            self.indent = column;
            let token = Token { kind, start: mark.at, end: mark.at };
            self.tokens.insert(at.unwrap_or(self.tokens.len()), token);
        }
    }

    /// A column further left closes what was opened.
    fn unroll(&mut self, column: isize) {
        while self.flow == 0 && self.indent > column {
            self.push(Kind::BlockEnd, self.mark.at);
            self.indent = self.indents.pop().unwrap_or(-1);
        }
    }

    /// Scans what may turn out to be a key.
    fn key_candidate(&mut self, scan: impl FnOnce(&mut Self) -> Result<Kind>) -> Result<Kind> {
        self.save_simple_key()?;
        self.simple_key_allowed = false;
        scan(self)
    }

    fn plain_candidate(&mut self) -> Result<(Kind, usize)> {
        self.save_simple_key()?;
        self.simple_key_allowed = false;
        self.plain()
    }

    fn save_simple_key(&mut self) -> Result<()> {
        if self.simple_key_allowed {
            self.drop_simple_key()?;
            let required = self.flow == 0 && self.indent == self.mark.column as isize;
            let token = self.taken + self.tokens.len();
            *self.last() = Level { key: Some(SimpleKey { required, token, mark: self.mark, awaited: true }), token };
        }
        Ok(())
    }

    fn drop_simple_key(&mut self) -> Result<()> {
        match self.last().key.take() {
            Some(key) if key.required => Err(without_colon(&key)),
            _ => Ok(()),
        }
    }

    fn last(&mut self) -> &mut Level {
        self.levels.last_mut().expect("there is one for each level, and one below all")
    }

    fn is_possible(&mut self, level: usize) -> Result<bool> {
        let Some(key) = self.levels[level].key else { return Ok(false) };
        let far = key.mark.line < self.mark.line || key.mark.index + 1024 < self.mark.index;
        let in_json = self.json && level > 0 && self.text.as_bytes().get(key.mark.at) == Some(&b'"');
        if !far || in_json {
            return Ok(true);
        }
        self.levels[level].key = None;
        if key.required { Err(without_colon(&key)) } else { Ok(false) }
    }
}

fn without_colon(key: &SimpleKey) -> Problem {
    Problem::new(key.mark.at, "a key without a colon, or a text that goes on at the wrong indentation")
}
