//! The text of a definition -> the same with its descriptions emptied. They are most of what a CRD holds, and nobody asks for
//! them: without them it is read in a third of the time.

/// Empties every `description` that is a scalar in block style. Anything else stays as it is, other block scalars to the
/// letter; what was a map stays one.
pub fn emptied(text: &str) -> String {
    let mut out = String::with_capacity(text.len() / 2);
    // Indentation of the key whose value goes on, and whether that value stays.
    let mut inside: Option<(usize, bool)> = None;
    // Within quotes, which may go on at any indentation.
    let mut quote: Option<char> = None;
    for line in text.split_inclusive('\n') {
        let body = line.trim_start_matches(' ');
        let indent = line.len() - body.len();
        if let Some(mark) = quote {
            quote = left_open(mark, line).then_some(mark);
            continue;
        }
        if let Some((outer, stays)) = inside
            && (indent > outer || body.trim().is_empty())
        {
            out.push_str(if stays { line } else { "" });
            continue;
        }
        match body.strip_prefix("description: ") {
            Some(value) if !value.trim().is_empty() && !value.starts_with(['{', '[', '&', '*', '!', '#']) => {
                out.push_str(&line[..indent]);
                out.push_str("description: ''\n");
                inside = Some((indent, false));
                quote = ['\'', '"'].into_iter().find(|mark| value.starts_with(*mark) && left_open(*mark, &value[1..]));
            }
            _ => {
                let header = body.trim_end().trim_end_matches(|c: char| c.is_ascii_digit() || "+-".contains(c));
                inside = header.ends_with(['>', '|']).then_some((indent, true));
                out.push_str(line);
            }
        }
    }
    out
}

/// Whether a text that starts within quotes ends there too. An apostrophe that is written twice counts as two.
fn left_open(mark: char, text: &str) -> bool {
    let mut escaped = false;
    let marks = text.chars().filter(|c| {
        let counts = *c == mark && !escaped;
        escaped = mark == '"' && *c == '\\' && !escaped;
        counts
    });
    marks.count() % 2 == 0
}

#[cfg(test)]
mod tests {
    use super::emptied;

    #[test]
    fn descriptions_are_emptied_and_nothing_else() {
        let text = "\
spec:
  description: 'one: line'
  properties:
    description:
      description: |-
        the property that has this name
        description: not a key

        still text
      type: string
    only:
      description: goes on
        here: and there
    quoted:
      description: 'it''s said: on
      two: lines'
      type: string
    kept:
      x-kubernetes-validations:
      - rule: |
          self.text !=
          'description: x'
        message: |-
          description: stays
      - description: stays too
";
        let expected = "\
spec:
  description: ''
  properties:
    description:
      description: ''
      type: string
    only:
      description: ''
    quoted:
      description: ''
      type: string
    kept:
      x-kubernetes-validations:
      - rule: |
          self.text !=
          'description: x'
        message: |-
          description: stays
      - description: stays too
";
        assert_eq!(emptied(text), expected);
    }
}
