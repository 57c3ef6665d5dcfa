// SPDX-License-Identifier: Apache-2.0

package scanner

import "reflect"

// Facts are those that the checks of one judgement read, each decoded once however
// many of them read it. A check never changes what it reads. The zero value holds none
// yet; it serves one goroutine, and lives as long as the judgement.
type Facts struct{ decoded map[factKey]decodedFact }

// factKey tells bytes by where they are, which does not change while they are judged:
// an observation that is read in part, or has no name yet, holds the same ones.
type factKey struct {
	kind reflect.Type
	at   *byte
	size int
}

type decodedFact struct {
	fact  any
	of    string // id of the observation
	fresh func() (any, error)
}

// Changed lists the observations whose fact is not what was sealed any more: the fault
// of a check.
func (f *Facts) Changed() (observations []string) {
	for _, known := range f.decoded {
		if fresh, err := known.fresh(); err != nil || !reflect.DeepEqual(fresh, known.fact) {
			observations = append(observations, known.of)
		}
	}
	return observations
}

// decodeOnce is Decode, for the first of those who ask.
func decodeOnce[F Fact](facts *Facts, o Observation) (F, error) {
	var f F
	if len(o.Fact) == 0 || o.Kind != f.FactKind() {
		return Decode[F](o)
	}
	key := factKey{reflect.TypeFor[F](), &o.Fact[0], len(o.Fact)}
	if known, ok := facts.decoded[key]; ok {
		return known.fact.(F), nil
	}
	f, err := Decode[F](o)
	if err != nil {
		return f, err
	}
	if facts.decoded == nil {
		facts.decoded = map[factKey]decodedFact{}
	}
	facts.decoded[key] = decodedFact{f, o.ID, func() (any, error) { return Decode[F](o) }}
	return f, nil
}
