//! How many slips part two words, for "did you mean": asked of millions of pairs, of which nearly none are near.

/// Longest word that is measured, in bytes; no name is as long.
const LONGEST: usize = 400;

/// The letters of a word of ASCII, as bits.
fn letters(word: &str) -> u64 {
    word.bytes().fold(0, |set, letter| set | 1 << (letter % 64))
}

/// The letters of a word, small or capital, to ask of many words at once which are far from it; none where it is no ASCII.
#[derive(Clone, Copy)]
pub struct Letters {
    all: u64,
    length: usize,
}

impl Letters {
    /// Those of a word.
    pub fn of(word: &str) -> Option<Self> {
        let add = |set: u64, letter: u8| letter.is_ascii().then(|| set | 1 << (letter.to_ascii_lowercase() % 64));
        Some(Self { all: word.bytes().try_fold(0, add)?, length: word.len() })
    }

    /// Whether more slips part the words than that, as their letters alone tell.
    pub fn are_far(self, other: Self, most: usize) -> bool {
        let more = (self.all & !other.all).count_ones().max((other.all & !self.all).count_ones());
        self.length.abs_diff(other.length).max(more as usize) > most
    }
}

/// Whether more letters stand in one of two words of ASCII alone than slips may part them: most pairs are told by this.
fn is_far(a: &str, b: &str, most: usize) -> bool {
    let (of_a, of_b) = (letters(a), letters(b));
    (of_a & !of_b).count_ones().max((of_b & !of_a).count_ones()) as usize > most
}

/// How many slips part two words at the least: letters that the one has and the other has not.
fn at_least(a: &str, b: &str) -> usize {
    let mut more = [0_i32; 64];
    a.chars().for_each(|c| more[c as usize % 64] += 1);
    b.chars().for_each(|c| more[c as usize % 64] -= 1);
    let sum = |sign: i32| more.iter().map(|n| (n * sign).max(0)).sum::<i32>().unsigned_abs();
    sum(1).max(sum(-1)) as usize
}

/// How many slips part two words (a letter too many, one that lacks, another one, two that changed places), where those are
/// at most so many.
pub fn slips(a: &str, b: &str, most: usize) -> Option<usize> {
    if a == b {
        return Some(0);
    }
    if a.len().max(b.len()) > LONGEST {
        return None;
    }
    let plain = a.is_ascii() && b.is_ascii();
    let (a, b) = if plain { without_ends(a, b) } else { (a, b) };
    if plain && (a.len().abs_diff(b.len()) > most || is_far(a, b, most)) || at_least(a, b) > most {
        return None;
    }
    Some(strsim::damerau_levenshtein(a, b)).filter(|slips| *slips <= most)
}

/// Two words of ASCII without what they begin and end with together, which no slip parts.
fn without_ends<'a, 'b>(a: &'a str, b: &'b str) -> (&'a str, &'b str) {
    let start = a.bytes().zip(b.bytes()).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[start..], &b[start..]);
    let end = a.bytes().rev().zip(b.bytes().rev()).take_while(|(x, y)| x == y).count();
    (&a[..a.len() - end], &b[..b.len() - end])
}

/// Whether that many slips part them, or fewer.
pub fn is_near(a: &str, b: &str, most: usize) -> bool {
    slips(a, b, most).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every word of up to that many letters out of these.
    fn words(letters: [&str; 3], most: usize) -> Vec<String> {
        let longer = |words: &Vec<String>| words.iter().flat_map(|w| letters.map(|c| format!("{w}{c}"))).collect();
        let all = std::iter::successors(Some(vec![String::new()]), |words| Some(longer(words)));
        all.take(most + 1).flatten().collect()
    }

    #[test]
    fn no_near_word_is_passed_over() {
        for words in [words(["a", "b", "é"], 4), words(["a", "b", "c"], 5)] {
            for (a, b) in words.iter().flat_map(|a| words.iter().map(move |b| (a, b))) {
                let slips = strsim::damerau_levenshtein(a, b);
                assert!(at_least(a, b) <= slips, "{a} {b}");
                assert!((0..5).all(|most| is_near(a, b, most) == (slips <= most)), "{a} {b}");
                let letters = Letters::of(a).zip(Letters::of(b));
                assert!(letters.is_none_or(|(a, b)| (slips..9).all(|most| !a.are_far(b, most))), "{a} {b}");
            }
        }
        assert_eq!((at_least("s1234", "s4999"), at_least("web", "wbe"), at_least("web", "webs")), (3, 0, 1));
        assert_eq!(
            slips("a-longer-name", "a-lnoger-mane", 5),
            Some(strsim::damerau_levenshtein("a-longer-name", "a-lnoger-mane"))
        );
    }
}
