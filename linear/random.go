package linear

// A mersenne is the 32-bit Mersenne Twister (MT19937) as numpy's RandomState
// seeds it from a whole number: shuffles that must be scikit-learn's need its
// seeds.
type mersenne struct {
	state [624]uint32
	next  int
}

func newMersenne(seed uint32) *mersenne {
	m := &mersenne{next: 624}
	for i := range m.state {
		m.state[i] = seed
		seed = 1812433253*(seed^seed>>30) + uint32(i) + 1
	}
	return m
}

func (m *mersenne) uint32() uint32 {
	if m.next == len(m.state) {
		m.twist()
	}
	y := m.state[m.next]
	m.next++
	y ^= y >> 11
	y ^= y << 7 & 0x9d2c5680
	y ^= y << 15 & 0xefc60000
	return y ^ y>>18
}

func (m *mersenne) twist() {
	const n, half = 624, 397
	for i := range m.state {
		y := m.state[i]&0x80000000 | m.state[(i+1)%n]&0x7fffffff
		v := m.state[(i+half)%n] ^ y>>1
		if y&1 != 0 {
			v ^= 0x9908b0df
		}
		m.state[i] = v
	}
	m.next = 0
}

// below draws from [0, n), n ≤ 2³¹, as RandomState.randint does: 31 bits, again
// until they fit.
func (m *mersenne) below(n uint32) uint32 {
	for {
		if v := m.uint32() & 0x7fffffff; v < n {
			return v
		}
	}
}

// seedsLike gives the seeds of the shuffles that scikit-learn draws in each
// call of partial_fit with random_state=seed: one for a regressor, one a
// one-against-the-rest problem for a classifier.
func seedsLike(seed uint32, classifier bool, problems int) []uint32 {
	const maxInt = 1<<31 - 1
	m := newMersenne(seed)
	if !classifier {
		return []uint32{m.below(maxInt)}
	}
	binary := func(m *mersenne) uint32 {
		m.below(maxInt - 1) // the seed of the data set, which nothing uses
		return m.below(maxInt)
	}
	if problems == 1 {
		return []uint32{binary(m)}
	}
	seeds := make([]uint32, problems)
	for i := range seeds {
		seeds[i] = m.below(maxInt)
	}
	for i, s := range seeds {
		seeds[i] = binary(newMersenne(s))
	}
	return seeds
}

// permute fills order with 0 … n-1 in a random order.
func permute(order []int32, seed uint32) {
	for i := range order {
		order[i] = int32(i)
	}
	if seed == 0 {
		seed = 1
	}
	n := uint32(len(order))
	for i := uint32(0); i+1 < n; i++ {
		seed ^= seed << 13
		seed ^= seed >> 17
		seed ^= seed << 5
		j := i + seed&0x7fffffff%(n-i)
		order[i], order[j] = order[j], order[i]
	}
}
