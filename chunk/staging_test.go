package chunk

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/outcore/outcore/internal/lock"
	"github.com/outcore/outcore/source"
)

// A job removes the temporary files that killed runs of it left, and no others.
func TestRemovesWhatKilledRunsLeft(t *testing.T) {
	temp := t.TempDir()
	ds, err := source.Open(t.Context(), []string{svmlight(t, 50)}, source.Options{Features: 30})
	if err != nil {
		t.Fatal(err)
	}
	defer ds.Close()
	j := Job{Data: ds, Dest: open(t, "mem://"+t.Name()), Options: Options{Rows: 20, Prefix: "p"}, Jobs: 1, Budget: budget(t, 256<<20), Temp: temp}
	w := &work{Job: &j, opt: j.Options}
	_, job := w.temporary()
	other := &work{Job: &j, opt: Options{Prefix: "q"}}
	_, otherJob := other.temporary()
	leave := func(name string, locked bool, age time.Duration) *lock.Lock {
		t.Helper()
		dir := filepath.Join(temp, name)
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "p00000_data.npz"), []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
		var l *lock.Lock
		if locked {
			if l, err = lock.Acquire(filepath.Join(dir, stagingLock)); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Chtimes(dir, time.Time{}, time.Now().Add(-age)); err != nil {
			t.Fatal(err)
		}
		return l
	}
	leave(job+"killed", true, 0).Release()
	defer leave(job+"alive", true, time.Hour).Release()
	leave(job+"begun", false, 0)
	leave(job+"begun-and-killed", false, time.Hour)
	leave(otherJob+"killed", true, time.Hour).Release()
	for range 2 { // the second finds all done
		if _, err := j.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	entries, err := os.ReadDir(temp)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{job + "alive": true, job + "begun": true, otherJob + "killed": true}
	for _, e := range entries {
		if !want[e.Name()] {
			t.Errorf("%s is left", e.Name())
		}
		delete(want, e.Name())
	}
	for name := range want {
		t.Errorf("%s is gone", name)
	}
}
