// Store measures the array store in memory, for bench/store.py: each verb prints
// one JSON object with its seconds.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/outcore/outcore/blob"
	_ "github.com/outcore/outcore/blob/fileblob"
	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/engine/local"
	"github.com/outcore/outcore/icechunk"
	"github.com/outcore/outcore/ndarray"
	"github.com/outcore/outcore/zarr"
)

// width is the columns of the arrays; 1,024 rows of float32 are a chunk of 4 MiB.
const width = 1024

func main() {
	verbs := map[string]func(ctx context.Context, args []string) (map[string]any, error){
		"read": read, "copy": copyMemory, "write": write, "commits": commits, "refs": refs, "commits-to": commitsTo, "open": openOne, "resave": resave,
	}
	if len(os.Args) < 2 || verbs[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "store read|copy|write|resave|commits|refs|commits-to|open ARG…")
		os.Exit(2)
	}
	out, err := verbs[os.Args[1]](context.Background(), os.Args[2:])
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(out)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func seconds(begin time.Time) map[string]any {
	return map[string]any{"seconds": time.Since(begin).Seconds()}
}

func open(ctx context.Context, path string) (*icechunk.Repository, error) {
	b, err := blob.Open(ctx, path)
	if err != nil {
		return nil, err
	}
	return icechunk.Open(ctx, b, icechunk.Options{})
}

// create makes a repository where there was none or another.
func create(ctx context.Context, path string) (*icechunk.Repository, error) {
	if err := os.RemoveAll(path); err != nil {
		return nil, err
	}
	b, err := blob.Open(ctx, path)
	if err != nil {
		return nil, err
	}
	return icechunk.Create(ctx, b, icechunk.Options{})
}

// read PATH reads the array /x whole into memory, the opening included.
func read(ctx context.Context, args []string) (map[string]any, error) {
	begin := time.Now()
	r, err := open(ctx, args[0])
	if err != nil {
		return nil, err
	}
	s, err := r.Snapshot(ctx, "main")
	if err != nil {
		return nil, err
	}
	x, err := ndarray.Open[float32](ctx, s, "/x")
	if err != nil {
		return nil, err
	}
	d, err := x.Compute(ctx, local.New(local.Config{}))
	if err != nil {
		return nil, err
	}
	out := seconds(begin)
	out["elements"] = len(d.Data)
	return out, nil
}

// copy BYTES copies memory to memory that was never touched, as read fills it.
func copyMemory(_ context.Context, args []string) (map[string]any, error) {
	n, err := strconv.Atoi(args[0])
	if err != nil {
		return nil, err
	}
	src := make([]byte, n)
	for i := range src {
		src[i] = byte(i)
	}
	begin := time.Now()
	dst := make([]byte, n)
	half := n / 2
	done := make(chan struct{})
	go func() { copy(dst[:half], src[:half]); close(done) }()
	copy(dst[half:], src[half:])
	<-done
	out := seconds(begin)
	out["last"] = dst[n-1]
	return out, nil
}

// values are whole numbers with noise of three bits.
func values(rows int) []float32 {
	data := make([]float32, rows*width)
	state := uint64(1)
	for i := range data {
		state = state*6364136223846793005 + 1442695040888963407
		data[i] = float32(i%width/2) + float32(state>>61)
	}
	return data
}

// write PATH ROWS makes a repository and writes an array from memory, in one commit.
func write(ctx context.Context, args []string) (map[string]any, error) {
	rows, err := strconv.Atoi(args[1])
	if err != nil {
		return nil, err
	}
	block := values(1024)
	data := slices.Repeat(block, rows/1024)
	x := (&ndarray.Values{Type: dtype.Float32, Shape: []int{len(data) / width, width}, Data: dtype.Bytes(data)}).Array()
	r, err := create(ctx, args[0])
	if err != nil {
		return nil, err
	}
	begin := time.Now()
	s, err := r.Session(ctx, "main")
	if err != nil {
		return nil, err
	}
	if err := x.Save(ctx, local.New(local.Config{}), s, "/x", ndarray.WithMeta(zarr.MetaOptions{Chunks: []uint64{1024, width}})); err != nil {
		return nil, err
	}
	saved := time.Since(begin).Seconds()
	if _, err := s.Commit(ctx, "written"); err != nil {
		return nil, err
	}
	out := seconds(begin)
	out["saved"] = saved
	return out, nil
}

// resave FROM TO makes a repository with the array /x of another, in the codecs
// that Save chooses.
func resave(ctx context.Context, args []string) (map[string]any, error) {
	from, err := open(ctx, args[0])
	if err != nil {
		return nil, err
	}
	snapshot, err := from.Snapshot(ctx, "main")
	if err != nil {
		return nil, err
	}
	x, err := ndarray.Open[float32](ctx, snapshot, "/x")
	if err != nil {
		return nil, err
	}
	r, err := create(ctx, args[1])
	if err != nil {
		return nil, err
	}
	begin := time.Now()
	s, err := r.Session(ctx, "main")
	if err != nil {
		return nil, err
	}
	if err := x.Save(ctx, local.New(local.Config{}), s, "/x"); err != nil {
		return nil, err
	}
	if _, err := s.Commit(ctx, "saved"); err != nil {
		return nil, err
	}
	return seconds(begin), nil
}

// commits PATH N makes a small repository and N commits of one chunk each.
func commits(ctx context.Context, args []string) (map[string]any, error) {
	n, err := strconv.Atoi(args[1])
	if err != nil {
		return nil, err
	}
	r, err := create(ctx, args[0])
	if err != nil {
		return nil, err
	}
	if err := array(ctx, r, []uint64{uint64(n) * 16, 16}, []uint64{16, 16}); err != nil {
		return nil, err
	}
	return eachCommit(ctx, r, n, func(i int) []uint32 { return []uint32{uint32(i), 0} })
}

// array commits an array /x of float32.
func array(ctx context.Context, r *icechunk.Repository, shape, chunk []uint64) error {
	s, err := r.Session(ctx, "main")
	if err != nil {
		return err
	}
	meta, err := zarr.NewMeta(shape, zarr.NumberType(dtype.Float32), zarr.MetaOptions{Chunks: chunk})
	if err != nil {
		return err
	}
	if _, err := zarr.CreateArray(ctx, s, "/x", meta); err != nil {
		return err
	}
	_, err = s.Commit(ctx, "made")
	return err
}

// eachCommit writes one chunk a commit and times each: session, write, commit.
// first and last are the medians of a hundred.
func eachCommit(ctx context.Context, r *icechunk.Repository, n int, index func(i int) []uint32) (map[string]any, error) {
	var took []float64
	for i := range n {
		begin := time.Now()
		s, err := r.Session(ctx, "main")
		if err != nil {
			return nil, err
		}
		x, err := zarr.OpenArray(ctx, s, "/x")
		if err != nil {
			return nil, err
		}
		data := make([]float32, x.ChunkBytes()/4)
		for k := range data {
			data[k] = rand.Float32() // the chunk is an object of its own
		}
		var scratch zarr.Scratch
		if err := x.Write(ctx, index(i), dtype.Bytes(data), &scratch); err != nil {
			return nil, err
		}
		if _, err := s.Commit(ctx, "one chunk"); err != nil {
			return nil, err
		}
		took = append(took, time.Since(begin).Seconds())
	}
	begin, end := took[:min(n, 100)], took[max(0, n-100):]
	out := map[string]any{"first": median(begin), "last": median(end)}
	slices.Sort(took)
	out["seconds"], out["p99"] = median(took), took[len(took)*99/100]
	return out, nil
}

func median(x []float64) float64 {
	x = slices.Sorted(slices.Values(x))
	return x[len(x)/2]
}

// refs PATH N makes an array of N chunks that all lie in one object.
func refs(ctx context.Context, args []string) (map[string]any, error) {
	n, err := strconv.Atoi(args[1])
	if err != nil {
		return nil, err
	}
	r, err := create(ctx, args[0])
	if err != nil {
		return nil, err
	}
	if err := array(ctx, r, []uint64{uint64(n), 256}, []uint64{1, 256}); err != nil {
		return nil, err
	}
	s, err := r.Session(ctx, "main")
	if err != nil {
		return nil, err
	}
	x, err := zarr.OpenArray(ctx, s, "/x")
	if err != nil {
		return nil, err
	}
	data := make([]float32, 256)
	for i := range data {
		data[i] = rand.Float32() // too large, compressed, to lie in the manifest
	}
	var scratch zarr.Scratch
	begin := time.Now()
	if err := x.Write(ctx, []uint32{0, 0}, dtype.Bytes(data), &scratch); err != nil {
		return nil, err
	}
	for c, err := range s.Chunks(ctx, "/x") {
		if err != nil {
			return nil, err
		}
		if c.Ref.Inline != nil {
			return nil, fmt.Errorf("the chunk of %d bytes is in the manifest", c.Ref.Length)
		}
		for i := 1; i < n; i++ {
			if err := s.SetRef("/x", []uint32{uint32(i), 0}, c.Ref); err != nil {
				return nil, err
			}
		}
		break
	}
	if _, err := s.Commit(ctx, "references"); err != nil {
		return nil, err
	}
	return seconds(begin), nil
}

// commits-to PATH N makes N commits of one chunk each to an array that is there.
func commitsTo(ctx context.Context, args []string) (map[string]any, error) {
	n, err := strconv.Atoi(args[1])
	if err != nil {
		return nil, err
	}
	r, err := open(ctx, args[0])
	if err != nil {
		return nil, err
	}
	return eachCommit(ctx, r, n, func(i int) []uint32 { return []uint32{uint32(i * 37 % 1000), 0} })
}

// open PATH opens the repository and reads one chunk in the middle.
func openOne(ctx context.Context, args []string) (map[string]any, error) {
	begin := time.Now()
	r, err := open(ctx, args[0])
	if err != nil {
		return nil, err
	}
	s, err := r.Snapshot(ctx, "main")
	if err != nil {
		return nil, err
	}
	x, err := zarr.OpenArray(ctx, s, "/x")
	if err != nil {
		return nil, err
	}
	dst := make([]byte, x.ChunkBytes())
	var scratch zarr.Scratch
	ok, err := x.Read(ctx, []uint32{x.Meta().Grid()[0] / 2, 0}, dst, &scratch)
	if err != nil || !ok {
		return nil, fmt.Errorf("chunk found %v: %w", ok, err)
	}
	return seconds(begin), nil
}
