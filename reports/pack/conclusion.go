// SPDX-License-Identifier: Apache-2.0

package pack

import (
	"fmt"

	"carescan/reports"
	"carescan/reports/bundle"
	"carescan/scanner"
)

// conclude says in words what the verification established, so that nobody
// takes a signature for more than it is.
func (r *Result) conclude(o Options) {
	r.prove("Les %d fichiers listés sont, à l’octet près, ceux que la clé %s a signés.",
		"The %d files listed are, to the byte, those that key %s signed.", len(r.Files), r.KeyID)
	for _, b := range r.Bundles {
		r.provePass(b)
		if dropped := len(b.Run.Dropped()); dropped > 0 {
			r.doubt("Les octets de %d pièces que nomme le dossier scellé %s : il n’avait pas la place de les garder, seules leurs empreintes y sont.",
				"The bytes of %d artifacts that sealed bundle %s names: it had no room to keep them, only their digests are there.", dropped, b.Header.ID)
		}
	}
	r.weighKey(o.Key, "du manifeste", "of the manifest")
	r.weighKey(o.BundleKey, "des agents", "of the agents")
	r.weighChain()
	r.doubt("Les dates sont celles des horloges des signataires : aucun tiers ne les a horodatées.",
		"The dates are those of the signers’ clocks: no third party time-stamped them.")
	r.doubt("Que le texte du dossier dise exactement ce que contiennent les dossiers scellés : régénérez-le avec « carescan-agent report » et comparez.",
		`That the text of the dossier says exactly what the sealed bundles hold: render it again with "carescan-agent report" and compare.`)
	r.doubt("Que l’établissement soit conforme aujourd’hui, ou hors du périmètre observé.",
		"That the establishment complies today, or outside the scope that was observed.")
}

func (r *Result) prove(fr, en string, args ...any) {
	r.Proven = append(r.Proven, text(fr, en, args...))
}

func (r *Result) doubt(fr, en string, args ...any) {
	r.NotProven = append(r.NotProven, text(fr, en, args...))
}

func text(fr, en string, args ...any) scanner.Text {
	return scanner.Text{FR: fmt.Sprintf(fr, args...), EN: fmt.Sprintf(en, args...)}
}

func (r *Result) provePass(b *bundle.Opened) {
	at := b.Header.SealedAt
	r.Proven = append(r.Proven, scanner.Text{
		FR: fmt.Sprintf("Le dossier scellé %s (numéro %d) est signé par la clé d’agent %s, qui déclare l’avoir scellé le %s ; constats, observations et pièces y sont cohérents.",
			b.Header.ID, b.Header.Seq, b.KeyID, reports.Moment(at, scanner.French)),
		EN: fmt.Sprintf("Sealed bundle %s (number %d) is signed by agent key %s, which states it sealed it on %s; its findings, observations and artifacts hold together.",
			b.Header.ID, b.Header.Seq, b.KeyID, reports.Moment(at, scanner.English)),
	})
}

// weighKey says whether anybody vouches for a key.
func (r *Result) weighKey(demanded any, whoFR, whoEN string) {
	if demanded != nil {
		r.prove("La clé %[1]s est celle que vous avez fournie.", "The key %[2]s is the one you gave.", whoFR, whoEN)
		return
	}
	r.doubt("À qui appartient la clé %[1]s : comparez son empreinte avec celle que son détenteur vous donne par un autre moyen.",
		"Who owns the key %[2]s: compare its fingerprint with the one its owner gives you by another way.", whoFR, whoEN)
}

// weighChain says whether bundles follow each other without a gap.
func (r *Result) weighChain() {
	for i, b := range r.Bundles[1:] {
		before := r.Bundles[i]
		if b.Header.AgentID == before.Header.AgentID && b.Header.Previous != before.Digest {
			r.doubt("Que rien ne manque entre les dossiers scellés numéros %d et %d.",
				"That nothing is missing between sealed bundles number %d and %d.", before.Header.Seq, b.Header.Seq)
		}
	}
	if first := r.Bundles[0].Header; first.Previous != "" {
		r.doubt("Que les passages antérieurs au numéro %d, absents de ce dossier, aient dit la même chose.",
			"That the runs before number %d, absent from this pack, said the same.", first.Seq)
	}
}
