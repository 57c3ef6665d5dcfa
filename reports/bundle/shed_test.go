// SPDX-License-Identifier: Apache-2.0

package bundle_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	mathrand "math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"carescan/reports/bundle"
	"carescan/reports/internal/example"
	"carescan/scanner"
)

// noise is bytes that do not compress.
func noise(size int) []byte {
	raw := make([]byte, size)
	_, _ = mathrand.NewChaCha8([32]byte{byte(size)}).Read(raw)
	return raw
}

// heavy is a bundle whose first observation rests on artifacts of these sizes.
func heavy(t *testing.T, sizes ...int) bundle.Bundle {
	t.Helper()
	b := example.Bundle()
	first := &b.Run.Observations[0]
	for _, size := range sizes {
		a := scanner.NewArtifact("noise", "application/octet-stream", noise(size))
		first.Artifacts = append(slices.Clone(first.Artifacts), a.Ref)
		b.Run.Artifacts = append(b.Run.Artifacts, a)
	}
	b.Run.Findings = withOwnReferences(b.Run.Findings)
	b.Run.Identify()
	return b
}

// withOwnReferences keeps a test from renaming the findings of the example.
func withOwnReferences(findings []scanner.Finding) []scanner.Finding {
	own := slices.Clone(findings)
	for i := range own {
		own[i].Observations = slices.Clone(own[i].Observations)
	}
	return own
}

func reopen(t *testing.T, raw []byte) *bundle.Opened {
	t.Helper()
	opened, err := bundle.Open(raw, bundle.Options{Key: example.Key().Public()})
	if err != nil {
		t.Fatal(err)
	}
	return opened
}

func TestSealDropsTheLargestArtifacts(t *testing.T) {
	const small, large = 40 << 10, 900 << 10
	b := heavy(t, small, large, large+1, large+2)
	got := reopen(t, seal(t, b))
	var dropped []int
	for _, ref := range got.Run.Dropped() {
		dropped = append(dropped, ref.Size)
	}
	if diff := cmp.Diff([]int{large + 1, large + 2}, dropped); diff != "" {
		t.Errorf("sizes of what is dropped (-want +got):\n%s", diff)
	}
	for _, c := range got.Run.Coverage {
		rests := slices.ContainsFunc(got.Run.Findings, func(f scanner.Finding) bool {
			return f.Check == c.Check && f.Target == c.Target && slices.Contains(f.Observations, got.Run.Observations[0].ID)
		})
		want := got.Run.Dropped()
		if !rests {
			want = nil
		}
		if diff := cmp.Diff(want, c.Dropped); diff != "" {
			t.Errorf("dropped in the coverage of %s (-want +got):\n%s", c.Check, diff)
		}
	}
	if got, want := len(got.Run.Artifacts), len(b.Run.Artifacts)-2; got != want {
		t.Errorf("%d artifacts are held, want %d", got, want)
	}
	if diff := cmp.Diff(verdicts(b.Run), verdicts(got.Run)); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
	if got.Run.Status != b.Run.Status {
		t.Errorf("status %s, want %s: all that was asked was seen", got.Run.Status, b.Run.Status)
	}
	if dropped := b.Run.Dropped(); len(dropped) > 0 {
		t.Errorf("sealing changed the run of the caller: %v", dropped)
	}
}

func verdicts(r scanner.Run) map[string]scanner.Outcome {
	said := map[string]scanner.Outcome{}
	for _, f := range r.Findings {
		said[f.Fingerprint] = f.Outcome
	}
	return said
}

func TestSealSurvivesFactsTooLarge(t *testing.T) {
	var long []string // three MiB that do not compress, in texts of allowed size
	for i := range 96 {
		long = append(long, base64.StdEncoding.EncodeToString(noise(32<<10+i)))
	}
	cases := map[string]any{
		"together":      map[string][]string{"names": long},
		"one_text":      map[string]string{"name": strings.Repeat("a", 70<<10)},
		"nested_deeply": json.RawMessage(strings.Repeat("[", 20) + strings.Repeat("]", 20)),
	}
	for name, fact := range cases {
		t.Run(name, func(t *testing.T) {
			b := heavy(t, 1<<10)
			raw := mustJSON(t, fact)
			b.Run.Observations[0].Fact = json.RawMessage(raw)
			b.Run.Status = scanner.RunComplete
			b.Run.Identify()
			got := reopen(t, seal(t, b))
			first := got.Run.Observations[0]
			if len(first.Fact) > 0 || first.Causes.Codes() != "not-kept" || first.Status != scanner.StatusError || !strings.Contains(first.Error, scanner.Digest([]byte(raw))) {
				t.Errorf("observation = %s %q with %d bytes of fact, want an error that names their digest", first.Status, first.Error, len(first.Fact))
			}
			if first.Causes.Codes() != string(scanner.CauseNotKept) {
				t.Errorf("causes %v, want that it was not kept", first.Causes)
			}
			if got.Run.Status != scanner.RunPartial {
				t.Errorf("status %s, want partial", got.Run.Status)
			}
			if diff := cmp.Diff(verdicts(b.Run), verdicts(got.Run)); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
			for i, o := range got.Run.Observations[1:] {
				if len(o.Fact) != len(b.Run.Observations[i+1].Fact) {
					t.Errorf("observation %s lost its fact too", o.ID)
				}
			}
		})
	}
}

func TestSealSaysWhenNothingHelps(t *testing.T) {
	t.Run("too_many_findings", func(t *testing.T) {
		b := heavy(t, 1<<10)
		b.Run.Coverage = make([]scanner.Coverage, bundle.MaxFindings+1)
		if _, err := bundle.Seal(b, example.Key()); !errors.Is(err, bundle.ErrTooLarge) {
			t.Errorf("error = %v, want ErrTooLarge", err)
		}
	})
	t.Run("damaged_key", func(t *testing.T) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		key.D = new(big.Int).Add(key.D, big.NewInt(1)) //nolint:staticcheck // a key damaged on disk has no other way in
		_, err = bundle.Seal(heavy(t), key)
		wantPart(t, err, "signature")
	})
}

func TestDroppedAndHeldIsRefused(t *testing.T) {
	b := heavy(t, 1<<10)
	last := len(b.Run.Observations[0].Artifacts) - 1
	b.Run.Observations[0].Artifacts[last].Dropped = true
	b.Run.Identify()
	_, err := bundle.Seal(b, example.Key())
	wantPart(t, err, "artifact")

	b = heavy(t, 1<<10)
	b.Run.Coverage = slices.Clone(b.Run.Coverage)
	b.Run.Coverage[0].Dropped = []scanner.ArtifactRef{b.Run.Artifacts[0].Ref}
	_, err = bundle.Seal(b, example.Key())
	wantPart(t, err, "artifact")
}
