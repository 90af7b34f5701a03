package icechunktest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/icechunk"
	"github.com/outcore/outcore/internal/torture"
)

// TestMain runs this program as a writer when a test starts it so.
func TestMain(m *testing.M) {
	if os.Getenv("ICECHUNKTEST_DIR") == "" {
		os.Exit(m.Run())
	}
	if err := writer(os.Getenv("ICECHUNKTEST_DIR"), os.Getenv("ICECHUNKTEST_BRANCH"), os.Getenv("ICECHUNKTEST_NAME"), os.Getenv("ICECHUNKTEST_COMMITS")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

const raceArray = `{"zarr_format":3,"node_type":"array","shape":[%d],"data_type":"uint8",
 "chunk_grid":{"name":"regular","configuration":{"chunk_shape":[1]}},
 "chunk_key_encoding":{"name":"default"},"fill_value":0,"codecs":[{"name":"bytes"}]}`

// writer commits a chunk after another to an array of its own, and says which
// commit was acknowledged.
func writer(dir, branch, name, commits string) error {
	n, err := strconv.Atoi(commits)
	if err != nil {
		return err
	}
	b, err := blob.Open(ctx, dir)
	if err != nil {
		return err
	}
	repo, err := icechunk.Open(ctx, b, icechunk.Options{})
	if err != nil {
		return err
	}
	for i := range n {
		s, err := repo.Session(ctx, branch)
		if err != nil {
			return err
		}
		if i == 0 {
			if err := s.SetMetadata(ctx, "/"+name, fmt.Appendf(nil, raceArray, n)); err != nil {
				return err
			}
		}
		if err := s.PutChunk(ctx, "/"+name, []uint32{uint32(i)}, fmt.Appendf(nil, "%s %d", name, i)); err != nil {
			return err
		}
		id, err := s.Commit(ctx, fmt.Sprint(name, " ", i), icechunk.WithRebase(icechunk.Solver{}))
		if err != nil {
			return err
		}
		fmt.Println(id)
	}
	return b.Close()
}

// A process is a writer under way.
type process struct {
	cmd          *exec.Cmd
	branch, name string
	acknowledged []string // snapshots
	killed       bool
}

// race lets processes commit to branches at once and gives what they were told.
// The victim, if there is one, is killed after so many commits of its own.
func race(t *testing.T, dir string, commits int, branches []string, victim, after int) []*process {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var all []*process
	var wg sync.WaitGroup
	for i, branch := range branches {
		p := &process{branch: branch, name: fmt.Sprint("w", i), cmd: exec.Command(self)}
		p.cmd.Env = append(os.Environ(), "ICECHUNKTEST_DIR="+dir, "ICECHUNKTEST_BRANCH="+branch, "ICECHUNKTEST_NAME="+p.name, "ICECHUNKTEST_COMMITS="+strconv.Itoa(commits))
		p.cmd.Stderr = os.Stderr
		out, err := p.cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := p.cmd.Start(); err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
		wg.Go(func() {
			lines := bufio.NewScanner(out)
			for lines.Scan() {
				p.acknowledged = append(p.acknowledged, lines.Text())
				if i == victim && len(p.acknowledged) == after {
					p.killed = p.cmd.Process.Kill() == nil
				}
			}
			_, _ = io.Copy(io.Discard, out)
			if err := p.cmd.Wait(); err != nil && !p.killed {
				t.Errorf("%s: %v", p.name, err)
			}
		})
	}
	wg.Wait()
	return all
}

// present checks that all that was acknowledged is there: the commits in the
// history of their branches and the chunks in the tips.
func present(t *testing.T, dir string, commits int, all []*process) {
	t.Helper()
	b, err := blob.Open(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	repo, err := icechunk.Open(ctx, b, icechunk.Options{})
	if err != nil {
		t.Fatal(err)
	}
	acknowledged, lost := 0, 0
	for _, p := range all {
		history := map[string]bool{}
		mine := 0
		for c, err := range repo.Log(ctx, p.branch) {
			if err != nil {
				t.Fatalf("log of %s: %v", p.branch, err)
			}
			history[c.ID.String()] = true
			if strings.HasPrefix(c.Message, p.name+" ") {
				mine++
			}
		}
		s, err := repo.Snapshot(ctx, p.branch)
		if err != nil {
			t.Fatal(err)
		}
		acknowledged += len(p.acknowledged)
		for i, id := range p.acknowledged {
			if !history[id] {
				lost++
				t.Errorf("%s was told that commit %d is %s, which is not in the history of %s", p.name, i, id, p.branch)
			}
			c, ok, err := s.Chunk(ctx, "/"+p.name, []uint32{uint32(i)})
			if err != nil || !ok {
				t.Errorf("chunk %d of %s: %v, %v", i, p.name, ok, err)
				continue
			}
			data := make([]byte, c.Size())
			if err := c.ReadAt(ctx, data, 0); err != nil || string(data) != fmt.Sprintf("%s %d", p.name, i) {
				t.Errorf("chunk %d of %s is %q, %v", i, p.name, data, err)
			}
		}
		if more := mine - len(p.acknowledged); more != 0 && !(p.killed && more == 1) {
			t.Errorf("%s: %d commits in the history, %d acknowledged", p.name, mine, len(p.acknowledged))
		}
		if !p.killed && len(p.acknowledged) != commits {
			t.Errorf("%s committed %d times, want %d", p.name, len(p.acknowledged), commits)
		}
	}
	t.Logf("%d acknowledged, %d lost", acknowledged, lost)
}

func TestProcessesLoseNoCommit(t *testing.T) {
	t.Parallel()
	rng := torture.Rand(t)
	const processes, commits = 4, 50
	branches := make([]string, processes)
	for i := range branches {
		branches[i] = fmt.Sprint("b", i)
	}
	for name, on := range map[string][]string{"on 4 branches": branches, "on one branch": {"main", "main", "main", "main"}} {
		for _, kill := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, killed %v", name, kill), func(t *testing.T) {
				for range torture.Rounds(1, 20) {
					dir := t.TempDir()
					newRepository(t, dir, branches)
					victim, after := -1, 0
					if kill {
						victim, after = rng.IntN(processes), 1+rng.IntN(commits-1)
					}
					present(t, dir, commits, race(t, dir, commits, on, victim, after))
				}
			})
		}
	}
}

// newRepository makes a repository with branches in a directory.
func newRepository(t *testing.T, dir string, branches []string) {
	t.Helper()
	b, err := blob.Open(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	repo, err := icechunk.Create(ctx, b, icechunk.Options{})
	if err != nil {
		t.Fatal(err)
	}
	root, err := repo.Resolve(ctx, "main")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range branches {
		if err := repo.CreateBranch(ctx, name, root); err != nil {
			t.Fatal(err)
		}
	}
}
