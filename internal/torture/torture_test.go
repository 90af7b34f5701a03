package torture

import "testing"

func TestRounds(t *testing.T) {
	t.Setenv(Env, "")
	if n := Rounds(8, 300); n != 8 {
		t.Errorf("every day: %d rounds, expected 8", n)
	}
	t.Setenv(Env, "1")
	if n := Rounds(8, 300); n != 300 {
		t.Errorf("asked for more: %d rounds, expected 300", n)
	}
}
