// SPDX-License-Identifier: Apache-2.0

package hostname

import (
	"fmt"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"carescan/scanner"
)

// Fault says why a text is not the name that was expected, and what to write.
type Fault struct {
	Because scanner.Text // a clause
	Hint    scanner.Text
}

// Error is the English clause.
func (f *Fault) Error() string { return f.Because.EN }

// The example that hints give.
const example = "chu-exemple.fr"

func nothing() *Fault {
	return &Fault{
		Because: scanner.Text{FR: "rien n'est écrit", EN: "nothing is written"},
		Hint:    scanner.Text{FR: "écrivez un nom tel que " + example, EN: "write a name such as " + example},
	}
}

func address() *Fault {
	return &Fault{
		Because: scanner.Text{FR: "c'est une adresse IP ou un nombre", EN: "this is an IP address or a number"},
		Hint: scanner.Text{
			FR: "écrivez un nom tel que " + example + "\u00a0; les adresses s'écrivent sous scope.ranges, scope.excluded ou targets.hosts",
			EN: "write a name such as " + example + "; addresses are written under scope.ranges, scope.excluded or targets.hosts",
		},
	}
}

func addressRange() *Fault {
	return &Fault{
		Because: scanner.Text{FR: "c'est une plage d'adresses IP", EN: "this is a range of IP addresses"},
		Hint: scanner.Text{
			FR: "écrivez les plages sous scope.ranges ou scope.excluded\u00a0; une cible est un nom ou une seule adresse",
			EN: "write ranges under scope.ranges or scope.excluded; a target is a name or a single address",
		},
	}
}

func severalNames(text string) *Fault {
	names := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(",; \t\u00a0\n", r) })
	list := `["` + strings.Join(names[:min(len(names), 3)], `", "`) + `"]`
	return &Fault{
		Because: scanner.Text{FR: "plusieurs noms y sont écrits ensemble", EN: "several names are written together"},
		Hint:    scanner.Text{FR: "écrivez chaque nom à part, ainsi\u00a0: " + list, EN: "write each name apart, as " + list},
	}
}

func mailAddress(text string) *Fault {
	_, domain, _ := strings.Cut(text, "@")
	return &Fault{
		Because: scanner.Text{FR: "c'est une adresse de messagerie", EN: "this is a mail address"},
		Hint:    alone(domain),
	}
}

func webAddress(text string) *Fault {
	host := ""
	if u, err := url.Parse(text); err == nil {
		host = u.Hostname()
	}
	if host == "" {
		host, _, _ = strings.Cut(text, "/")
	}
	return &Fault{
		Because: scanner.Text{FR: "c'est une adresse web ou un chemin", EN: "this is a web address or a path"},
		Hint:    alone(host),
	}
}

func portWritten(text string) *Fault {
	host, _, _ := strings.Cut(text, ":")
	return &Fault{
		Because: scanner.Text{FR: "un port y est écrit", EN: "a port is written in it"},
		Hint:    alone(host),
	}
}

// alone asks for a name without what stands around it.
func alone(name string) scanner.Text {
	if badLabels(Canonical(name)) != nil {
		name = example
	}
	return scanner.Text{
		FR: "écrivez le nom seul, sans https:// ni port\u00a0: " + name,
		EN: "write the name alone, without https:// nor port: " + name,
	}
}

func noPort() *Fault {
	return &Fault{
		Because: scanner.Text{FR: "un port de 1 à 65535 est attendu après le nom", EN: "a port from 1 to 65535 is expected after the name"},
		Hint:    scanner.Text{FR: "écrivez par exemple vpn." + example + ":443", EN: "write for example vpn." + example + ":443"},
	}
}

func starInside() *Fault {
	return &Fault{
		Because: scanner.Text{
			FR: "une étoile ne peut être que seule, devant le premier point",
			EN: "a star can only stand alone, before the first dot",
		},
		Hint: scanner.Text{
			FR: "écrivez chaque nom en entier, ou *." + example + " pour tous ceux en dessous",
			EN: "write each name whole, or *." + example + " for all those below",
		},
	}
}

func starForbidden() *Fault {
	return &Fault{
		Because: scanner.Text{FR: "une étoile n'est pas permise ici", EN: "a star is not allowed here"},
		Hint:    scanner.Text{FR: "écrivez chaque nom en entier, tel que " + example, EN: "write each name whole, such as " + example},
	}
}

func bareWord(word string) *Fault {
	return &Fault{
		Because: scanner.Text{FR: "c'est un mot seul, et non un nom entier", EN: "this is a single word, not a whole name"},
		Hint: scanner.Text{
			FR: "écrivez-le avec son domaine, par exemple " + word + "." + example,
			EN: "write it with its domain, for example " + word + "." + example,
		},
	}
}

func emptyLabel() *Fault {
	return &Fault{
		Because: scanner.Text{FR: "un point y est de trop", EN: "it has a dot too many"},
		Hint:    scanner.Text{FR: "écrivez un nom tel que " + example, EN: "write a name such as " + example},
	}
}

func tooLong(limit int) *Fault {
	where := scanner.Text{FR: "un nom", EN: "a name"}
	if limit == maxLabel {
		where = scanner.Text{FR: "ce qui tient entre deux points", EN: "what stands between two dots"}
	}
	return &Fault{
		Because: scanner.Text{
			FR: fmt.Sprintf("%s ne dépasse pas %d caractères", where.FR, limit),
			EN: fmt.Sprintf("%s has %d characters at most", where.EN, limit),
		},
		Hint: scanner.Text{FR: "corrigez ce nom\u00a0: aucun DNS ne peut le connaître", EN: "correct this name: no DNS can know it"},
	}
}

func badCharacter(found string) *Fault {
	f := &Fault{
		Because: scanner.Text{FR: "un caractère n'est pas permis dans un nom", EN: "a character is not allowed in a name"},
		Hint: scanner.Text{
			FR: "écrivez des lettres, des chiffres, des tirets et des points, tel que " + example,
			EN: "write letters, digits, hyphens and dots, such as " + example,
		},
	}
	if r, _ := utf8.DecodeRuneInString(found); found != "" && unicode.IsPrint(r) {
		f.Because = scanner.Text{
			FR: "le caractère «\u00a0" + found + "\u00a0» n'est pas permis dans un nom",
			EN: fmt.Sprintf("the character %q is not allowed in a name", found),
		}
	}
	return f
}

func badAlabel() *Fault {
	return &Fault{
		Because: scanner.Text{FR: "sa forme «\u00a0xn--\u00a0» n'est celle d'aucun nom", EN: "its \"xn--\" form is that of no name"},
		Hint: scanner.Text{
			FR: "écrivez le nom avec ses accents, tel que hôpital.example",
			EN: "write the name with its accents, such as hôpital.example",
		},
	}
}

// PublicSuffix is the fault of a name below which everybody may register theirs.
func PublicSuffix() *Fault {
	return &Fault{
		Because: scanner.Text{
			FR: "c'est une terminaison publique, sous laquelle n'importe qui peut avoir un nom",
			EN: "this is a public ending, below which anybody may have a name",
		},
		Hint: scanner.Text{
			FR: "écrivez chacun de vos domaines, par exemple " + example + " et *." + example,
			EN: "write each of your domains, for example " + example + " and *." + example,
		},
	}
}
