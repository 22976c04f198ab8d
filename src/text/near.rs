//! How many slips part two words, for "did you mean": asked of millions of pairs, of which nearly none are near.

/// Longest word that is measured, in bytes; no name is as long.
const LONGEST: usize = 400;

/// How many slips part two words at the least: letters that the one has and the other has not.
pub fn at_least(a: &str, b: &str) -> usize {
    let mut more = [0_i32; 64];
    let slot = |c: char| c as usize % 64;
    a.chars().for_each(|c| more[slot(c)] += 1);
    b.chars().for_each(|c| more[slot(c)] -= 1);
    let sum = |sign: i32| more.iter().map(|n| (n * sign).max(0)).sum::<i32>().unsigned_abs();
    sum(1).max(sum(-1)) as usize
}

/// How many slips part two words (a letter too many, one that lacks, another one, two that changed places), where those are
/// at most so many.
pub fn slips(a: &str, b: &str, most: usize) -> Option<usize> {
    if a == b {
        return Some(0);
    }
    if a.len().max(b.len()) > LONGEST || at_least(a, b) > most {
        return None;
    }
    Some(strsim::damerau_levenshtein(a, b)).filter(|slips| *slips <= most)
}

/// Whether that many slips part them, or fewer.
pub fn is_near(a: &str, b: &str, most: usize) -> bool {
    slips(a, b, most).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every word of up to four letters out of three, one of them of several bytes.
    fn words() -> Vec<String> {
        let longer =
            |words: &Vec<String>| words.iter().flat_map(|w| ["a", "b", "é"].map(|c| format!("{w}{c}"))).collect();
        let all = std::iter::successors(Some(vec![String::new()]), |words| Some(longer(words)));
        all.take(5).flatten().collect()
    }

    #[test]
    fn no_near_word_is_passed_over() {
        for (a, b) in words().iter().flat_map(|a| words().into_iter().map(move |b| (a, b))) {
            let slips = strsim::damerau_levenshtein(a, &b);
            assert!(at_least(a, &b) <= slips, "{a} {b}");
            assert!((0..5).all(|most| is_near(a, &b, most) == (slips <= most)), "{a} {b}");
        }
        assert_eq!((at_least("s1234", "s4999"), at_least("web", "wbe"), at_least("web", "webs")), (3, 0, 1));
    }
}
