//! How many slips part two words, for "did you mean": asked of millions of pairs, of which nearly none are near.

/// Longest word that is measured, in bytes; no name is as long.
const LONGEST: usize = 400;

/// The letters of a word of ASCII, as bits.
fn letters(word: &str) -> u64 {
    word.bytes().fold(0, |set, letter| set | 1 << (letter % 64))
}

/// Whether more letters stand in one of two words of ASCII alone than slips may part them: most pairs are told by this.
fn is_far(a: &str, b: &str, most: usize) -> bool {
    let (of_a, of_b) = (letters(a), letters(b));
    (of_a & !of_b).count_ones().max((of_b & !of_a).count_ones()) as usize > most
}

/// How many slips part two words at the least: letters that the one has and the other has not.
pub fn at_least(a: &str, b: &str) -> usize {
    // Small numbers are added many at a time, and most words are short.
    if a.len().max(b.len()) <= 100 {
        let mut more = [0_i8; 64];
        a.chars().for_each(|c| more[c as usize % 64] += 1);
        b.chars().for_each(|c| more[c as usize % 64] -= 1);
        let sum = |sign: i8| more.iter().map(|n| u16::from((n * sign).max(0).unsigned_abs())).sum::<u16>();
        return usize::from(sum(1).max(sum(-1)));
    }
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
    if !(a.is_ascii() && b.is_ascii()) {
        return Some(strsim::damerau_levenshtein(a, b)).filter(|slips| *slips <= most);
    }
    let (a, b) = without_ends(a, b);
    if a.is_empty() || b.is_empty() || a.len().abs_diff(b.len()) > most {
        return Some(a.len().max(b.len())).filter(|slips| *slips <= most);
    }
    if is_far(a, b, most) || at_least(a, b) > most {
        return None;
    }
    distance(a.as_bytes(), b.as_bytes(), most)
}

/// Two words of ASCII without what they begin and end with together, which no slip parts.
fn without_ends<'a, 'b>(a: &'a str, b: &'b str) -> (&'a str, &'b str) {
    let start = a.bytes().zip(b.bytes()).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[start..], &b[start..]);
    let end = a.bytes().rev().zip(b.bytes().rev()).take_while(|(x, y)| x == y).count();
    (&a[..a.len() - end], &b[..b.len() - end])
}

/// The distance of Damerau and Levenshtein between two words of ASCII, as `strsim` has it, given up on as soon as it is beyond
/// what is asked for: no way leads past a row without going through one of its cells, or costs less than that.
fn distance(a: &[u8], b: &[u8], most: usize) -> Option<usize> {
    let width = b.len() + 1;
    let mut costs: Vec<usize> = Vec::with_capacity((a.len() + 1) * width);
    costs.extend(0..width);
    // The last row, from 1, of each letter of `a`; 0: there was none.
    let mut row_of = [0; 128];
    for (i, x) in (1..).zip(a) {
        costs.push(i);
        let (mut least, mut column_of) = (i, 0);
        for (j, y) in (1..).zip(b) {
            let (row, column) = (row_of[usize::from(*y)], column_of);
            let above = (i - 1) * width + j;
            let mut cost =
                (costs[above] + 1).min(costs[i * width + j - 1] + 1).min(costs[above - 1] + usize::from(x != y));
            if row > 0 && column > 0 {
                cost = cost.min(costs[(row - 1) * width + column - 1] + (i - row) + (j - column) - 1);
            }
            if x == y {
                column_of = j;
            }
            least = least.min(cost);
            costs.push(cost);
        }
        if least > most {
            return None;
        }
        row_of[usize::from(*x)] = i;
    }
    costs.last().copied().filter(|slips| *slips <= most)
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
            }
        }
        assert_eq!((at_least("s1234", "s4999"), at_least("web", "wbe"), at_least("web", "webs")), (3, 0, 1));
        assert_eq!(
            slips("a-longer-name", "a-lnoger-mane", 5),
            Some(strsim::damerau_levenshtein("a-longer-name", "a-lnoger-mane"))
        );
    }
}
