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

func TestRandIsTheSameWhenAskedFor(t *testing.T) {
	for env, same := range map[string]bool{"": true, "1": false, "77": true} {
		t.Setenv(Env, env)
		if got := Rand(t).Uint64() == Rand(t).Uint64(); got != same {
			t.Errorf("%s=%q: same numbers %v, expected %v", Env, env, got, same)
		}
	}
}
