// SPDX-License-Identifier: Apache-2.0

package settings

import (
	"encoding"
	"errors"
	"net/netip"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"

	"carescan/scanner"
)

// How numbers are written; nothing else is one. A zero in front was an octal number
// in YAML 1.1, and is a code to whoever types it.
var (
	wholeNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)$`)
	fraction    = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?$`)
	withComma   = regexp.MustCompile(`^-?[0-9]+,[0-9]+$`)
	zeroFirst   = regexp.MustCompile(`^-?0[0-9]+$`)
)

// isScalar tells the types that one value makes, and no list nor keys.
func isScalar(t reflect.Type) bool {
	k := t.Kind()
	return reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()) ||
		k == reflect.String || k == reflect.Bool || k == reflect.Float32 || k == reflect.Float64 || isInt(k) || isUint(k)
}

func isInt(k reflect.Kind) bool  { return k >= reflect.Int && k <= reflect.Int64 }
func isUint(k reflect.Kind) bool { return k >= reflect.Uint && k <= reflect.Uint64 }

// isZeroCount tells a number or a duration of zero, which settings use as nothing
// wanted: what was written would have no effect. A field where zero is a wish of its
// own is a pointer.
func isZeroCount(out reflect.Value) bool {
	k := out.Kind()
	return out.IsZero() && (isInt(k) || isUint(k) || k == reflect.Float32 || k == reflect.Float64)
}

func (v voice) zero(text string) Fault {
	return Fault{
		What: Say("%s n'a pas d'effet : cette valeur ne peut pas être nulle", "%s has no effect: this value cannot be zero", v.value(text)),
		Hint: Say("écrivez une valeur plus grande que zéro, ou retirez cette clé pour la valeur par défaut", "write a value greater than zero, or remove this key for the default"),
	}
}

// scalar reads one value, as it was written, into its field.
func (v voice) scalar(text string, out reflect.Value) *Fault {
	var fault *Fault
	switch field := out.Addr().Interface().(type) {
	case *time.Duration:
		*field, fault = v.duration(text)
	case *Day:
		*field, fault = v.day(text)
	case encoding.TextUnmarshaler:
		err := field.UnmarshalText([]byte(text))
		switch known, ok := addresses[out.Type()]; {
		case ok && (err != nil || text == ""): // net/netip takes "" for no address
			because := known(v.value(text))
			fault = &because
		case err != nil:
			because := v.because(err, v.value(text))
			fault = &because
		}
	default:
		fault = v.plain(text, out)
	}
	return fault
}

func (v voice) plain(text string, out reflect.Value) *Fault {
	switch k := out.Kind(); {
	case k == reflect.String:
		out.SetString(text)
	case k == reflect.Bool:
		if text != "true" && text != "false" {
			return &Fault{
				What: Say("%s n'est ni true ni false", "%s is neither true nor false", v.value(text)),
				Hint: Say("écrivez true pour oui, false pour non", "write true for yes, false for no"),
			}
		}
		out.SetBool(text == "true")
	case isInt(k), isUint(k):
		return v.whole(text, out)
	default:
		return v.fraction(text, out)
	}
	return nil
}

func (v voice) whole(text string, out reflect.Value) *Fault {
	if !wholeNumber.MatchString(text) {
		return &Fault{What: Say("%s n'est pas un nombre entier", "%s is not a whole number", v.value(text)), Hint: v.wholeHint(text)}
	}
	bits := out.Type().Bits()
	if isUint(out.Kind()) {
		number, err := strconv.ParseUint(text, 10, bits)
		switch {
		case strings.HasPrefix(text, "-"):
			return &Fault{What: Say("%s est négatif", "%s is negative", v.value(text)), Hint: Say("écrivez 0 ou plus", "write 0 or more")}
		case err != nil:
			return v.tooBig(text, strconv.FormatUint(1<<(bits-1)-1+1<<(bits-1), 10))
		}
		out.SetUint(number)
		return nil
	}
	number, err := strconv.ParseInt(text, 10, bits)
	if err != nil {
		return v.tooBig(text, strconv.FormatInt(1<<(bits-1)-1, 10))
	}
	out.SetInt(number)
	return nil
}

func (v voice) tooBig(text, most string) *Fault {
	return &Fault{What: Say("%s est un nombre trop grand", "%s is too large a number", v.value(text)), Hint: Say("écrivez %[1]s au plus", "write %[1]s at most", most)}
}

func (v voice) wholeHint(text string) scanner.Text {
	if zeroFirst.MatchString(text) {
		return Say("écrivez le nombre sans zéro devant : %[1]s", "write the number without a zero in front: %[1]s", v.example(trimZeros(text), "10"))
	}
	if digits := strings.ReplaceAll(text, "_", ""); digits != text && wholeNumber.MatchString(digits) {
		return Say("écrivez les chiffres seuls : %[1]s", "write the digits alone: %[1]s", v.example(digits, "1000"))
	}
	return Say("écrivez des chiffres seuls, sans virgule, point, espace ni lettre, tel que 10", "write digits alone, without comma, point, space or letter, such as 10")
}

func trimZeros(text string) string {
	digits, negative := strings.CutPrefix(text, "-")
	digits = strings.TrimLeft(digits[:len(digits)-1], "0") + digits[len(digits)-1:]
	if negative {
		return "-" + digits
	}
	return digits
}

func (v voice) fraction(text string, out reflect.Value) *Fault {
	number, err := strconv.ParseFloat(text, out.Type().Bits())
	if fraction.MatchString(text) && err == nil {
		out.SetFloat(number)
		return nil
	}
	hint := Say("écrivez des chiffres, et un point s'il le faut, tel que 0.5", "write digits, and a point if needed, such as 0.5")
	switch {
	case withComma.MatchString(text):
		hint = Say("écrivez %[1]s, avec un point", "write %[1]s, with a point", v.example(strings.Replace(text, ",", ".", 1), "0.5"))
	case zeroFirst.MatchString(text):
		hint = v.wholeHint(text)
	}
	return &Fault{What: Say("%s n'est pas un nombre", "%s is not a number", v.value(text)), Hint: hint}
}

// addresses words what the parsers of net/netip refuse.
var addresses = map[reflect.Type]func(value scanner.Text) Fault{
	reflect.TypeFor[netip.Addr](): func(value scanner.Text) Fault {
		return Fault{
			What: Say("%s n'est pas une adresse IP", "%s is not an IP address", value),
			Hint: Say("écrivez une adresse seule, telle que 192.0.2.10 ou 2001:db8::10", "write an address alone, such as 192.0.2.10 or 2001:db8::10"),
		}
	},
	reflect.TypeFor[netip.Prefix](): func(value scanner.Text) Fault {
		return Fault{
			What: Say("%s n'est pas une plage d'adresses", "%s is not a range of addresses", value),
			Hint: Say("écrivez une adresse et la longueur de son préfixe, telle que 192.0.2.0/24 ; pour une seule adresse, 192.0.2.10/32 ou 2001:db8::10/128",
				"write an address and the length of its prefix, such as 192.0.2.0/24; for one address, 192.0.2.10/32 or 2001:db8::10/128"),
		}
	},
	reflect.TypeFor[netip.AddrPort](): func(value scanner.Text) Fault {
		return Fault{
			What: Say("%s n'est pas une adresse IP suivie d'un port", "%s is not an IP address followed by a port", value),
			Hint: Say("écrivez l'adresse et le port, tels que 192.0.2.10:443 ou [2001:db8::10]:443", "write the address and the port, such as 192.0.2.10:443 or [2001:db8::10]:443"),
		}
	},
}

// because words the error of a type that reads its own text: the Fault it
// returned, or its error as technical detail.
func (v voice) because(err error, value scanner.Text) Fault {
	if fault, ok := errors.AsType[Fault](err); ok {
		return fault
	}
	if faults, ok := errors.AsType[Faults](err); ok && len(faults) > 0 {
		return faults[0] // of one value
	}
	fault := Fault{
		What: Say("%s n'est pas une valeur possible ici", "%s cannot be the value here", value),
		Hint: Say("voyez les valeurs possibles dans la documentation de cette clé", "see the values that are possible in the documentation of this key"),
	}
	if !v.discreet {
		fault.Detail = err.Error()
	}
	return fault
}
