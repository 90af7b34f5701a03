package icechunk

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/icechunk/format"
)

// rescueTries is how many copies are looked at, the newest first.
const rescueTries = 10

// rescue adds to an error about `repo`, which is damaged or missing, how to go
// back to the newest copy in overwritten/ that can be read. It only reads. found
// is false when there are no copies at all.
func (r *Repository) rescue(ctx context.Context, e *errs.Error) (found bool) {
	tries := 0
	for info, err := range r.b.List(ctx, backupDir+"repo.") {
		if err != nil || tries == rescueTries {
			break
		}
		tries++
		file, _, err := r.b.ReadAll(ctx, info.Key, objectLimit)
		if err != nil {
			continue
		}
		repo, err := format.DecodeRepo(file)
		if err != nil {
			continue
		}
		_ = e.WithFix("while nothing writes to it, %s; that is the repository of %s, without what was changed later; outcore repo check %s tells whether all of it is there",
			r.copyCommand(info.Key, repoKey), newestTime(repo), shellWord(r.b.Address()))
		return true
	}
	if tries > 0 {
		_ = e.WithFix("a copy of repo from elsewhere: of those in %s the newest %d cannot be read", backupDir, tries)
	}
	return tries > 0
}

// newestTime is when a repo was changed last, in universal time.
func newestTime(repo *format.Repo) string {
	newest := repo.Status.Set
	for _, s := range repo.Snapshots {
		newest = max(newest, s.Flushed)
	}
	if len(repo.Updates) > 0 {
		newest = repo.Updates[0].At
	}
	return time.UnixMicro(newest).UTC().Format("2006-01-02 15:04:05 UTC")
}

// copyCommand says how an object is copied over another by hand.
func (r *Repository) copyCommand(from, to string) string {
	if dir, ok := r.b.Local(); ok {
		return fmt.Sprintf("cp %s %s", shellWord(filepath.Join(dir, from)), shellWord(filepath.Join(dir, to)))
	}
	at := strings.TrimSuffix(r.b.Address(), "/") + "/"
	return fmt.Sprintf("copy %s over %s", at+from, at+to)
}

// shellWord is s as a shell takes it for one word.
func shellWord(s string) string {
	plain := func(c rune) bool {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("._-/:@%+=,", c)
	}
	if s != "" && strings.IndexFunc(s, func(c rune) bool { return !plain(c) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
