package ndarray

// A strided is elements in a buffer: the one at index i is element
// off + Σ i·strides of buf.
type strided struct {
	buf     []byte
	off     int
	strides []int // in elements; 0 repeats
}

// cStrides is the strides of an array in C order.
func cStrides(shape []int) []int {
	s := make([]int, len(shape))
	n := 1
	for k := len(shape) - 1; k >= 0; k-- {
		s[k] = n
		n *= shape[k]
	}
	return s
}

// contiguous reports whether the elements of a box lie in C order without gaps.
func contiguous(shape, strides []int) bool {
	n := 1
	for k := len(shape) - 1; k >= 0; k-- {
		if shape[k] != 1 && strides[k] != n {
			return false
		}
		n *= shape[k]
	}
	return true
}

// copyBox copies a box of elements of size bytes from one layout to another.
func copyBox(dst, src strided, shape []int, size int) {
	var sh, ds, ss, at [maxDims]int
	n := 0
	for k, s := range shape {
		switch {
		case s == 0:
			return
		case s == 1:
			continue
		case n > 0 && ds[n-1] == dst.strides[k]*s && ss[n-1] == src.strides[k]*s:
			sh[n-1], ds[n-1], ss[n-1] = sh[n-1]*s, dst.strides[k], src.strides[k]
			continue
		}
		sh[n], ds[n], ss[n] = s, dst.strides[k], src.strides[k]
		n++
	}
	if n == 0 {
		sh[0], ds[0], ss[0] = 1, 1, 1
		n = 1
	}
	last := n - 1
	do, so := dst.off, src.off
	for {
		copyRun(dst.buf, do, ds[last], src.buf, so, ss[last], sh[last], size)
		k := last - 1
		for ; k >= 0; k-- {
			at[k]++
			do += ds[k]
			so += ss[k]
			if at[k] < sh[k] {
				break
			}
			do -= ds[k] * sh[k]
			so -= ss[k] * sh[k]
			at[k] = 0
		}
		if k < 0 {
			return
		}
	}
}

// copyRun copies n elements of size bytes, from offset so by stride ss to do by ds.
func copyRun(dst []byte, do, ds int, src []byte, so, ss, n, size int) {
	if ds == 1 && ss == 1 {
		copy(dst[do*size:(do+n)*size], src[so*size:(so+n)*size])
		return
	}
	switch size {
	case 1:
		copyStrided(dst, do, ds, src, so, ss, n)
	case 2:
		copyStrided(view[uint16](dst), do, ds, view[uint16](src), so, ss, n)
	case 4:
		copyStrided(view[uint32](dst), do, ds, view[uint32](src), so, ss, n)
	default:
		copyStrided(view[uint64](dst), do, ds, view[uint64](src), so, ss, n)
	}
}

func copyStrided[T uint8 | uint16 | uint32 | uint64](dst []T, do, ds int, src []T, so, ss, n int) {
	if ds == 1 {
		d := dst[do : do+n]
		if ss == 0 {
			v := src[so]
			for i := range d {
				d[i] = v
			}
			return
		}
		for i := range d {
			d[i] = src[so]
			so += ss
		}
		return
	}
	for range n {
		dst[do] = src[so]
		do += ds
		so += ss
	}
}

// An operand is a strided box whose elements are asked for in C order, a range
// at a time.
type operand struct {
	strided
	shape []int // neighbouring axes joined where they can be
	size  int   // bytes of an element
	flat  bool  // without gaps: a range is a view
}

// newOperand prepares s of the given shape.
func newOperand(s strided, shape []int, size int) operand {
	o := operand{strided: strided{buf: s.buf, off: s.off}, size: size, flat: contiguous(shape, s.strides)}
	for k, n := range shape {
		last := len(o.shape) - 1
		switch {
		case n == 1:
		case last >= 0 && o.strides[last] == s.strides[k]*n:
			o.shape[last] *= n
			o.strides[last] = s.strides[k]
		default:
			o.shape = append(o.shape, n)
			o.strides = append(o.strides, s.strides[k])
		}
	}
	return o
}

// block gives elements p to p+n; where they do not lie together they are
// collected in dst.
func (o *operand) block(dst []byte, p, n int) []byte {
	if o.flat {
		return o.buf[(o.off+p)*o.size : (o.off+p+n)*o.size]
	}
	dst = dst[:n*o.size]
	last := len(o.shape) - 1
	if last < 0 {
		copyRun(dst, 0, 1, o.buf, o.off, 0, n, o.size)
		return dst
	}
	var at [maxDims]int
	off := o.off
	for k := last; k >= 0; k-- {
		at[k] = p % o.shape[k]
		p /= o.shape[k]
		off += at[k] * o.strides[k]
	}
	for done := 0; done < n; {
		run := min(n-done, o.shape[last]-at[last])
		copyRun(dst, done, 1, o.buf, off, o.strides[last], run, o.size)
		done += run
		at[last] += run
		off += run * o.strides[last]
		for k := last; k > 0 && at[k] == o.shape[k]; k-- {
			at[k] = 0
			off -= o.shape[k] * o.strides[k]
			at[k-1]++
			off += o.strides[k-1]
		}
	}
	return dst
}

// put is block the other way: it writes src as the elements p to p+n of an
// operand that is not flat.
func (o *operand) put(src []byte, p, n int) {
	last := len(o.shape) - 1
	var at [maxDims]int
	off := o.off
	for k := last; k >= 0; k-- {
		at[k] = p % o.shape[k]
		p /= o.shape[k]
		off += at[k] * o.strides[k]
	}
	for done := 0; done < n; {
		run := min(n-done, o.shape[last]-at[last])
		copyRun(o.buf, off, o.strides[last], src, done, 1, run, o.size)
		done += run
		at[last] += run
		off += run * o.strides[last]
		for k := last; k > 0 && at[k] == o.shape[k]; k-- {
			at[k] = 0
			off -= o.shape[k] * o.strides[k]
			at[k-1]++
			off += o.strides[k-1]
		}
	}
}
