//! Where a scanner stands in its text: what the next characters are, and the steps over them.

use crate::text::kubeyaml::scan::Scanner;

impl Scanner<'_> {
    /// The byte that many bytes ahead; 0 behind the end, and nowhere else.
    pub(super) fn byte(&self, ahead: usize) -> u8 {
        self.text.as_bytes().get(self.mark.at + ahead).copied().unwrap_or(0)
    }

    pub(super) fn is_blank(&self, ahead: usize) -> bool {
        matches!(self.byte(ahead), b' ' | b'\t')
    }

    /// A line break of YAML 1.1.
    pub(super) fn is_break(&self, ahead: usize) -> bool {
        match self.byte(ahead) {
            b'\n' | b'\r' => true,
            0xC2 => self.byte(ahead + 1) == 0x85,
            0xE2 => self.byte(ahead + 1) == 0x80 && matches!(self.byte(ahead + 2), 0xA8 | 0xA9),
            _ => false,
        }
    }

    pub(super) fn is_break_or_end(&self, ahead: usize) -> bool {
        self.byte(ahead) == 0 || self.is_break(ahead)
    }

    pub(super) fn is_space_or_end(&self, ahead: usize) -> bool {
        self.is_blank(ahead) || self.is_break_or_end(ahead)
    }

    /// `---` or `...` at the start of a line.
    pub(super) fn is_document_mark(&self) -> bool {
        let three = |byte| (0..3).all(|i| self.byte(i) == byte);
        self.mark.column == 0 && (three(b'-') || three(b'.')) && self.is_space_or_end(3)
    }

    /// Passes over one character.
    pub(super) fn skip(&mut self) {
        self.mark.at += width(self.byte(0));
        self.mark.column += 1;
        self.mark.index += 1;
    }

    /// Passes over a character that is copied.
    pub(super) fn copy(&mut self, into: &mut String) {
        let start = self.mark.at;
        self.skip();
        into.push_str(&self.text[start..self.mark.at.min(self.text.len())]);
    }

    /// Passes over a line break, which is copied as YAML 1.1 has it.
    pub(super) fn copy_break(&mut self, into: &mut String) {
        let start = self.mark.at;
        self.skip_break();
        match self.text.as_bytes()[start] {
            0xE2 => into.push_str(&self.text[start..self.mark.at]),
            _ => into.push('\n'),
        }
    }

    pub(super) fn skip_break(&mut self) {
        let bytes = if self.byte(0) == b'\r' && self.byte(1) == b'\n' { 2 } else { width(self.byte(0)) };
        self.mark.at += bytes;
        self.mark.index += 1;
        self.mark.line += 1;
        self.mark.column = 0;
    }

    pub(super) fn skip_blanks(&mut self) {
        while self.is_blank(0) {
            self.skip();
        }
    }

    pub(super) fn skip_comment(&mut self) {
        if self.byte(0) == b'#' {
            while !self.is_break_or_end(0) {
                self.skip();
            }
        }
    }
}

fn width(first: u8) -> usize {
    match first {
        0xF0.. => 4,
        0xE0.. => 3,
        0xC0.. => 2,
        _ => 1,
    }
}
