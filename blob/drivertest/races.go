package drivertest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/errs"
)

const racers = 16

// raceIfAbsent lets 16 writers put one key, a few of them through each of four
// handles: one wins, the others are told so, and the winner's bytes are there.
func raceIfAbsent(t *testing.T, open Place, c Config) {
	handles := []*blob.Bucket{open(), open(), open(), open()}
	for round := range c.Rounds {
		key := fmt.Sprintf("race/%d", round)
		results := race(func(i int) error {
			b := handles[i%len(handles)]
			_, err := b.Put(context.Background(), key, bytes.NewReader(mark(i)), -1, blob.PutOptions{IfAbsent: true})
			return err
		})
		winner := -1
		for i, err := range results {
			switch {
			case err == nil && winner >= 0:
				t.Fatalf("round %d: writers %d and %d both won", round, winner, i)
			case err == nil:
				winner = i
			case !errors.Is(err, errs.Exists):
				t.Fatalf("round %d: writer %d: %v", round, i, err)
			}
		}
		if winner < 0 {
			t.Fatalf("round %d: nobody won", round)
		}
		want(t, handles[0], key, mark(winner))
	}
}

// raceIfVersion lets writers count in one object by compare-and-swap: no count
// is lost.
func raceIfVersion(t *testing.T, open Place, c Config) {
	const writers = 4
	ctx := context.Background()
	first := open()
	put(t, first, "count", []byte("0"), blob.PutOptions{})
	var wg sync.WaitGroup
	for range writers {
		b := open()
		wg.Go(func() {
			for done := 0; done < c.Rounds; {
				p, info, err := b.ReadAll(ctx, "count", 100)
				if errors.Is(err, errs.Conflict) {
					continue // replaced between being opened and read
				}
				n, aerr := strconv.Atoi(string(p))
				if err := errors.Join(err, aerr); err != nil {
					t.Errorf("read: %v", err)
					return
				}
				next := []byte(strconv.Itoa(n + 1))
				_, err = b.Put(ctx, "count", bytes.NewReader(next), int64(len(next)), blob.PutOptions{IfVersion: info.Version})
				switch {
				case err == nil:
					done++
				case !errors.Is(err, errs.Conflict):
					t.Errorf("swap: %v", err)
					return
				}
			}
		})
	}
	wg.Wait()
	if !t.Failed() {
		want(t, first, "count", []byte(strconv.Itoa(writers*c.Rounds)))
	}
}

// raceReaders replaces an object while it is read: a reader has one whole
// version, or is told of the conflict.
func raceReaders(t *testing.T, open Place, c Config) {
	ctx := context.Background()
	b := open()
	versions := [][]byte{bytes.Repeat([]byte("a"), 200_000), bytes.Repeat([]byte("b"), 100_000)}
	put(t, b, "k", versions[0], blob.PutOptions{})
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		defer close(stop)
		for i := range c.Rounds {
			if _, err := b.Put(ctx, "k", bytes.NewReader(versions[i%2]), -1, blob.PutOptions{}); err != nil {
				t.Errorf("put: %v", err)
			}
		}
	})
	for range 3 {
		r := open()
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				p, _, err := r.ReadAll(ctx, "k", 1<<20)
				if errors.Is(err, errs.Conflict) {
					continue
				}
				if err != nil {
					t.Errorf("read: %v", err)
					return
				}
				if !bytes.Equal(p, versions[0]) && !bytes.Equal(p, versions[1]) {
					t.Errorf("read %d bytes that nobody wrote", len(p))
					return
				}
			}
		})
	}
	wg.Wait()
}

// race runs f for each racer at once.
func race(f func(i int) error) []error {
	results := make([]error, racers)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range racers {
		wg.Go(func() {
			<-start
			results[i] = f(i)
		})
	}
	close(start)
	wg.Wait()
	return results
}

func mark(i int) []byte { return fmt.Appendf(nil, "writer %02d", i) }
