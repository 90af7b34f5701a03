package shellword

import (
	"os/exec"
	"testing"
)

// TestAShellReadsItBack has a shell print each word again.
func TestAShellReadsItBack(t *testing.T) {
	for _, w := range []string{
		"", "model", "a b", "lab@tour#/flights/test", "it's", `"`, `\`, "$HOME", "`id`", "*", "~", "~root", "a\nb", "x=1,y=2", "1e-5", "#",
		"scale | sgd-regressor(alpha=1e-5)", "--memory=256MiB", "Grüße", "!!", "{a,b}", "a;b&c", "<>", "'", "''", "%23",
	} {
		out, err := exec.Command("sh", "-c", "printf %s "+Quote(w)).Output()
		if err != nil || string(out) != w {
			t.Errorf("%q as %s: read back as %q, %v", w, Quote(w), out, err)
		}
	}
	if got, want := Join([]string{"train", "--data=my file.csv", "-o", "lab#/m"}), `train '--data=my file.csv' -o 'lab#/m'`; got != want {
		t.Errorf("found %s, want %s", got, want)
	}
}
