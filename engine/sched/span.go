package sched

import (
	"math/bits"

	"github.com/outcore/outcore/task"
)

// A bitset holds a bit a task; nil is all zero.
type bitset []uint64

func (b bitset) has(i int64) bool { return b != nil && b[i>>6]&(1<<(i&63)) != 0 }

// set sets bit i of n.
func (b *bitset) set(i, n int64) {
	if *b == nil {
		*b = make(bitset, (n+63)/64)
	}
	(*b)[i>>6] |= 1 << (i & 63)
}

// fill sets all n bits.
func (b *bitset) fill(n int64) {
	if n == 0 {
		return
	}
	*b = make(bitset, (n+63)/64)
	for w := range *b {
		(*b)[w] = ^uint64(0)
	}
	if r := n & 63; r != 0 {
		(*b)[len(*b)-1] = 1<<r - 1
	}
}

func (b bitset) count() (n int64) {
	for _, w := range b {
		n += int64(bits.OnesCount64(w))
	}
	return n
}

// next is the first bit from i on that is set in b and not in not; -1 if none.
func (b bitset) next(i int64, not bitset) int64 {
	for w := i >> 6; w < int64(len(b)); w++ {
		word := b[w]
		if not != nil {
			word &^= not[w]
		}
		if w == i>>6 {
			word &= ^uint64(0) << (i & 63)
		}
		if word != 0 {
			return w<<6 + int64(bits.TrailingZeros64(word))
		}
	}
	return -1
}

// A use is a step that needs something of another: its dependency number dep.
type use struct{ step, dep int }

// A span is the state of one step.
type span struct {
	n    int64
	rank int // place in State.order

	wanted   bitset // results that a target or an unfinished task needs
	done     bitset // finished, now or before this run
	restored bitset // finished before this run, and the result is here
	left     int64  // wanted and not done
	targets  bitset // results that are emitted

	users []use
	gates int     // dependencies of all its tasks alike that are not finished
	needs []int32 // by task: dependencies of its own that are not finished; nil without such
	own   bool    // has dependencies task by task, so tasks become ready one by one

	cursor int64   // without own: tasks before it were started
	queue  numHeap // tasks that are ready, or to be tried again
	queued bool    // is in State.ready

	values store
	takes  []int32 // by task: unfinished tasks, or steps, that take its result; nil without such
	whole  int     // unfinished steps that take all its results
}

// perTask reports whether d differs from task to task of the step that has it.
func perTask(d task.Dep) bool { return d.Mode == task.ByEach || d.Mode == task.ByGroup }

// group is the tasks [lo, hi) of a range of n that task i takes by d.
func group(d task.Dep, i, n int64) (lo, hi int64) {
	if d.Mode == task.ByEach {
		return i, i + 1
	}
	return i * d.Size, min((i+1)*d.Size, n)
}

// single is the number of the task that d, of mode key or at, is about.
func single(d task.Dep) int64 { return d.Index } // 0 for ByKey
