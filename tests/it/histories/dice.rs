//! Choices out of a step's random bytes. A byte that is 0, or that is not there, chooses the first and
//! simplest, so that what a failure is shrunk to is simple.

pub struct Dice<'a>(std::slice::Iter<'a, u8>);

impl Dice<'_> {
    pub fn of(bytes: &[u8]) -> Dice<'_> {
        Dice(bytes.iter())
    }

    fn byte(&mut self) -> usize {
        usize::from(self.0.next().copied().unwrap_or(0))
    }

    /// A number below `count`.
    pub fn below(&mut self, count: usize) -> usize {
        self.byte() * count / 256
    }

    /// One of several.
    pub fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    /// True so often in a hundred.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.byte() * 100 >= (100 - percent) * 256
    }

    /// One of several, each as often as its weight says.
    pub fn weighted<T: Copy>(&mut self, of: &[(usize, T)]) -> T {
        let all: usize = of.iter().map(|(weight, _)| weight).sum();
        let mut left = self.byte() * all / 256;
        for (weight, choice) in of {
            if left < *weight {
                return *choice;
            }
            left -= weight;
        }
        of[0].1
    }
}
