package sched

// A minHeap gives out its smallest number first. container/heap would box
// every number.
type minHeap[T int | int64] []T

// A stepHeap holds ranks of steps, a numHeap numbers of tasks.
type (
	stepHeap = minHeap[int]
	numHeap  = minHeap[int64]
)

func (h *minHeap[T]) push(v T) {
	a := append(*h, v)
	i := len(a) - 1
	for i > 0 {
		up := (i - 1) / 2
		if a[up] <= v {
			break
		}
		a[i] = a[up]
		i = up
	}
	a[i] = v
	*h = a
}

func (h *minHeap[T]) pop() T {
	a := *h
	top, last := a[0], a[len(a)-1]
	a = a[:len(a)-1]
	i := 0
	for {
		down := 2*i + 1
		if down >= len(a) {
			break
		}
		if down+1 < len(a) && a[down+1] < a[down] {
			down++
		}
		if a[down] >= last {
			break
		}
		a[i] = a[down]
		i = down
	}
	if len(a) > 0 {
		a[i] = last
	}
	*h = a
	return top
}
