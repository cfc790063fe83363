#!/usr/bin/env python3
"""Write cases.json: small templates of our own with what jinja2, set up as transformers does, makes of them.

usage: make_cases.py > cases.json        (needs jinja2 and transformers)
"""
import copy, datetime, json, re
from transformers.utils.chat_template_utils import _compile_jinja_template

CONTEXT = dict(
    s="Hello, wörld! ", e="", html="<a href=\"x\">&'</a>", nl="one\ntwo\r\n\n three \n", i=7, z=0, f=2.5, yes=True, no=None,
    l=[3, 1, 2], ls=["b", "A", "c", "a"], mix=[1, "a", None, True, 2.0, [1, [2]], {"k": "v"}], d={"b": 1, "a": 2, "C": [1, 2]},
    nd={"x": {"y": {"z": "deep"}}, "items": "shadow"}, lod=[{"n": "x", "v": 3, "g": "A"}, {"n": "y", "v": 1, "g": "b"}, {"n": "z", "g": "a"}],
    pairs=[["a", 1], ["b", 2]], big=18446744073709551616, greek="ΑΣ ὈΔΥΣΣΕΎΣ ß ﬁ", j={"t": "é\"\\\n\u2028\x01", "n": [1, 2.5, 1e100, -0.0, None, True], "e": {}, "l": []})

GROUPS = {
"literals": r"""
{{ 1 }}|{{ 1_000 }}|{{ 0x1F }}|{{ 0b101 }}|{{ 0o17 }}|{{ 1.5 }}|{{ 1e3 }}|{{ 1.5e-7 }}|{{ 1e16 }}|{{ 123456789012345678 }}
{{ 'a\n\t\x41\u00e9\U0001F600\'' }}|{{ "q\"'" }}|{{ 'a' 'b' }}|{{ '\é\q' }}|{{ '\101' }}
{{ true }} {{ True }} {{ false }} {{ none }} {{ None }}
{{ [1, 'a', [2.0, none]] }} {{ (1,) }} {{ () }} {{ (1, 'b') }} {{ {'a': 1, 2: (3,), none: true} }}
{{ 18446744073709551616 }} {{ big }} {{ [big]|tojson }} {{ big is integer }}
{{ 0.1 + 0.2 }} {{ 1e22 }} {{ 1e21|int }} {{ 5e-324 }} {{ 0.0001 }} {{ 0.00001 }} {{ -0.0 }} {{ 1.7976931348623157e308 }}
""",
"operators": r"""
{{ 7 // 2 }} {{ -7 // 2 }} {{ 7 % 3 }} {{ -7 % 3 }} {{ 7 % -3 }} {{ 7 / 2 }} {{ 2 ** 10 }} {{ 2 ** -1 }} {{ 2.0 ** 0.5 }}
{{ -2 ** 2 }} {{ 2 ** 3 ** 2 }} {{ 1 + 2 * 3 - 4 / 2 }} {{ (1 + 2) * 3 }} {{ -i }} {{ +i }} {{ not i }} {{ --i }}
{{ 'a' ~ 1 ~ none ~ [1] }} {{ 'a' + 'b' * 3 }} {{ [1] + [2] * 2 }} {{ (1,) + (2,) }} {{ 3 * 'x' }} {{ 'x' * -1 }}
{{ 1 < 2 < 3 }} {{ 1 < 3 < 2 }} {{ 1 == 1.0 == true }} {{ 'a' < 'b' }} {{ [1, 2] < [1, 3] }} {{ 'a' in 'abc' }} {{ 2 in l }} {{ 'b' in d }} {{ 5 not in l }}
{{ 1 and 0 or 'x' }} {{ none or e or 'z' }} {{ not none and 1 }} {{ 'a' if z else 'b' }} {{ 'a' if z }} {{ 1 if 0 else 2 if 0 else 3 }}
{{ 7.5 // 2 }} {{ -7.5 % 2 }} {{ 7 % 2.5 }} {{ true + 1 }} {{ 9007199254740993 / 3 }} {{ 9007199254740993 == 9007199254740992.0 }}
{{ 'a' ~ 1 + 2 }}|{{ 1 ~ 2 * 3 }}|{{ 5 - 2 ~ 1 }}|{{ 'x' in 'xy' ~ 'z' }}
{{ 1 + 'a' }}
{{ 'a' + 1 }}
{{ l + 'a' }}
{{ none < 1 }}
{{ 1 / 0 }}
{{ 5 % 0 }}
{{ 1 in 5 }}
{{ 1 in 'a' }}
{{ -'a' }}
""",
"access": r"""
{{ d.a }} {{ d['a'] }} {{ d.C[1] }} {{ d.nope }} {{ d['nope'] }} {{ l[0] }} {{ l[-1] }} {{ l[9] }} {{ l.0 }} {{ s[0] }} {{ s[-2] }}
{{ nd.x.y.z }} {{ nd['x']['y'].z }} {{ nd.items() | list | length }} {{ nd['items'] }} {{ d.get('a') }} {{ d.get('q') }} {{ d.get('q', 5) }}
{{ l[1:] }} {{ l[:2] }} {{ l[::-1] }} {{ s[1:5] }} {{ s[::-1] }} {{ s[-4:-1] }} {{ l[5:] }} {{ l[::2] }} {{ s[10:2:-2] }} {{ (1,2,3)[1:] }} {{ range(10)[2:8:3] }}
{{ d.keys() }} {{ d.values() | list }} {{ d.items() }} {{ d.items() | first }} {{ d | list }} {{ d.copy() == d }} {{ 'items' in nd }}
{{ l.index(1) }} {{ l.count(3) }} {{ (1,2).count(2) }} {{ l.copy() }}
{{ undef }}|{{ undef is defined }}|{{ d.x is defined }}|{{ undef | default('q') }}|{{ undef ~ 'x' }}|{{ undef | length }}|{{ undef == undef }}|{{ [undef] }}|{{ undef | list }}|{% for x in undef %}{% else %}none{% endfor %}
{{ undef.x }}
{{ undef['x'] }}
{{ undef() }}
{{ undef + 1 }}
{{ d.nope.x }}
{{ d.append(1) }}
{{ l.append(1) }}
{{ d.update({}) }}
{{ l.pop() }}
{{ d.__class__ }}|{{ d.__class__ is defined }}
{{ ''.__class__.__mro__ }}
{{ l.nope() }}
{{ i.foo }}|{{ none.foo }}|{{ s.foo }}
{{ none['a'] }}|{{ i[0] }}
{{ i[1:] }}
{{ d[[1]] }}
{{ {[1]: 2} }}
""",
"strings": r"""
{{ s.strip() }}|{{ s.strip('H!') }}|{{ '  a '.lstrip() }}|{{ 'xxax'.rstrip('x') }}|{{ '\u3000a\u00a0'.strip() }}
{{ 'a,b,,c'.split(',') }} {{ ' a  b '.split() }} {{ 'a,b,c'.split(',', 1) }} {{ 'a b c'.split(none, 1) }} {{ 'a,b,c'.rsplit(',', 1) }} {{ ''.split() }} {{ ''.split(',') }}
{{ nl.splitlines() }} {{ nl.splitlines(true) }} {{ 'a-b-c'.partition('-') }} {{ 'a-b-c'.rpartition('-') }} {{ 'abc'.partition('x') }}
{{ 'abc'.startswith('a') }} {{ 'abc'.startswith(('x', 'ab')) }} {{ 'abc'.endswith('bc', 1) }} {{ 'abc'.startswith('b', 1) }} {{ ''.startswith('') }}
{{ 'banana'.replace('an', 'X') }} {{ 'banana'.replace('a', 'o', 2) }} {{ 'ab'.replace('', '-') }} {{ '-'.join(['a', 'b']) }} {{ ', '.join(ls) }}
{{ 'banana'.find('an') }} {{ 'banana'.rfind('an') }} {{ 'banana'.find('x') }} {{ 'banana'.index('n', 3) }} {{ 'banana'.count('a') }} {{ 'banana'.count('') }} {{ 'aaa'.count('aa') }}
{{ greek.lower() }} {{ greek.upper() }} {{ greek.title() }} {{ greek.capitalize() }} {{ greek.swapcase() }} {{ greek.casefold() }} {{ "they're bill's".title() }}
{{ 'a'.isdigit() }} {{ '1²'.isdigit() }} {{ '½'.isnumeric() }} {{ '12'.isdecimal() }} {{ 'aé'.isalpha() }} {{ 'a1'.isalnum() }} {{ ' '.isspace() }} {{ ''.isalpha() }} {{ 'Ab Cd'.istitle() }} {{ 'a'.islower() }} {{ 'A1'.isupper() }} {{ 'é'.isascii() }} {{ 'a_1'.isidentifier() }} {{ '\n'.isprintable() }}
{{ '42'.zfill(5) }} {{ '-42'.zfill(5) }} {{ 'a'.ljust(3) }}| {{ 'a'.rjust(3, '*') }} {{ 'a'.center(4, '-') }} {{ 'ab'.center(5, '-') }} {{ 'a\tb'.expandtabs(4) }}
{{ 'abc'.removeprefix('a') }} {{ 'abc'.removesuffix('bc') }} {{ 'abc'.removeprefix('x') }}
{{ '{} {}'.format(1, 'a') }} {{ '{1}{0}'.format(1, 2) }} {{ '{a[k]} {b.x}'.format(a={'k': 1}, b={'x': 2}) }} {{ '{:>5}|{:<5}|{:^5}|{:*^7}'.format('a', 'b', 'c', 'd') }} {{ '{:05.1f} {:+d} {:x} {:#b} {:,} {:%} {:e} {:g}'.format(2.25, 3, 255, 5, 1234567, 0.5, 12345.678, 1e10) }} {{ '{!r} {{}}'.format('a') }} {{ '{:{}}|'.format('a', 4) }}
{{ '%s %d %5.2f|%-5s|%05d|%x|%r|%%' % ('a', 3, 2.345, 'b', 42, 255, 'q') }} {{ '%(a)s-%(b)d' % {'a': 1, 'b': 2} }} {{ '%s' % [1] }} {{ '%c%c' % ('x', 65) }} {{ '%e %g %G %#x %+d % d %i' % (12345.678, 0.00001, 1e20, 255, 5, 5, 5.9) }}
{{ 'a'.format_map({'a': 1}) }} {{ '{a}'.format_map(d) }}
{{ "it's" | list }} {{ ["it's", 'q"', "b'\"", '\x00\x7f\u200b\U000e0001é'] }}
{{ 'abc'.index('x') }}
{{ ''.split('') }}
{{ '-'.join([1]) }}
{{ '{'.format() }}
{{ '{}'.format() }}
{{ '%d' % 'a' }}
{{ '%s %s' % 'a' }}
{{ '%s' % (1, 2) }}
""",
"filters on text": r"""
{{ s | upper }} {{ s | lower }} {{ 'a' | capitalize }} {{ "foo-bar baz (qux) o'x" | title }} {{ '  x ' | trim }}| {{ 'xax' | trim('x') }} {{ 5 | string + '!' }} {{ none | upper }}
{{ s | length }} {{ s | replace('l', 'L') }} {{ s | replace('l', 'L', 1) }} {{ 5 | replace(5, 'x') }} {{ s | reverse }} {{ s | list | length }} {{ s | first }}{{ s | last }} {{ s | wordcount }}
{{ nl | indent }}| {{ nl | indent(2, true) }}| {{ nl | indent(1, false, true) }}| {{ nl | indent('> ', first=true) }}| {{ '' | indent(2, true) }}|
{{ 'foo bar baz qux' | truncate(9) }} {{ 'foo bar baz qux' | truncate(9, true) }} {{ 'foo bar baz qux' | truncate(11) }} {{ 'foo bar baz qux' | truncate(11, false, '..', 0) }}
{{ 'x' | center(5) }}| {{ '%s-%s' | format(1, 'b') }} {{ '%(a)s' | format(a=5) }} {{ 'a b&c/d é' | urlencode }} {{ {'a': 'b c', 'd': '/'} | urlencode }}
{{ html | e }} {{ html | escape | e }} {{ html | forceescape }} {{ '<b>' | safe + '<i>' }} {{ ('<b>' | safe) ~ '<i>' }} {{ ['<b>' | safe] }} {{ ('%s' | safe) % '<' }} {{ ('<' | safe).join(['<', 'a']) }} {{ 'a' + ('<' | safe) + '>' }} {{ ('a<' | safe).upper() + '<' }} {{ '<' | safe is escaped }}
{{ '<p>a <b>c</b></p><!-- x --> d' | striptags }} {{ {'class': 'a', 'id': none, 'x': '<'} | xmlattr }}|
{{ 1000000 | filesizeformat }} {{ 1 | filesizeformat }} {{ 1500 | filesizeformat(true) }} {{ 999 | filesizeformat }}
{{ '42' | int }} {{ ' 3.7 ' | int }} {{ 'x' | int }} {{ 'x' | int(9) }} {{ '0x1F' | int(0, 16) }} {{ '1_0' | int }} {{ none | int }} {{ 3.9 | int }} {{ '1e3' | int }} {{ '2.5' | float }} {{ 'inf' | float }} {{ 'x' | float(1.5) }} {{ true | int }}
{{ 42.55 | round }} {{ 42.55 | round(1, 'floor') }} {{ 42.55 | round(1, 'ceil') }} {{ 2.5 | round }} {{ 3.5 | round }} {{ 2.675 | round(2) }} {{ 1234 | round(-2) }} {{ 1250 | round(-2) }} {{ 42 | round }} {{ -3 | abs }} {{ -2.5 | abs }}
{{ undef | int }}
{{ s | nope }}
{% if false %}{{ s | nope }}{% endif %}ok
{% if true %}{{ s | nope }}{% endif %}
{{ (s | nope) if false else 'fine' }}
{{ s | replace('a') }}
{{ s | upper(1) }}
""",
"filters on sequences": r"""
{{ l | sort }} {{ l | sort(reverse=true) }} {{ ls | sort }} {{ ls | sort(case_sensitive=true) }} {{ lod | sort(attribute='g') | map(attribute='n') | list }} {{ lod | sort(attribute='g,n', reverse=true) | map(attribute='n') | join }}
{{ ls | unique | list }} {{ ls | unique(true) | list }} {{ lod | unique(attribute='g') | map(attribute='n') | list }} {{ l | reverse | list }} {{ l | min }} {{ l | max }} {{ lod | map(attribute='v', default=0) | sum }} {{ l | sum(start=10) }} {{ pairs | sum(start=[]) }} {{ ls | min }} {{ [] | max }}|
{{ l | first }} {{ l | last }} {{ [] | first }}| {{ d | first }} {{ d | last }} {{ l | length }} {{ d | length }} {{ l | join(', ') }} {{ lod | join('-', attribute='n') }} {{ mix | join }} {{ 'abc' | join('.') }}
{{ d | dictsort }} {{ d | dictsort(true) }} {{ {'x': 2, 'y': 1} | dictsort(by='value') }} {{ {'x': 2, 'y': 1} | dictsort(false, 'key', true) }} {{ d | items | list }} {{ undef | items | list }}
{{ ls | map('upper') | list }} {{ l | map('string') | join('+') }} {{ ['a b', 'c'] | map('replace', 'a', 'x') | list }} {{ pairs | map(attribute=0) | list }} {{ [nd] | map(attribute='x.y.z') | list }} {{ [l, ls] | map('join', '-') | list }}
{{ l | select('odd') | list }} {{ l | reject('odd') | list }} {{ mix | select('string') | list }} {{ mix | select | list }} {{ l | select('gt', 1) | list }} {{ l | select('in', [1, 2]) | list }} {{ l | select('equalto', 2) | list }} {{ l | reject('==', 2) | list }}
{{ lod | selectattr('v') | map(attribute='n') | list }} {{ lod | selectattr('n', 'equalto', 'x') | list | length }} {{ lod | rejectattr('v', 'defined') | map(attribute='n') | list }} {{ lod | selectattr('v', 'gt', 2) | list | length if false else 'x' }}
{{ l | batch(2) | list }} {{ l | batch(2, 'x') | list }} {{ l | slice(2) | list }} {{ range(7) | slice(3, 'z') | list }} {% for g in lod | groupby('g') %}{{ g.grouper }}={{ g.list | length }};{% endfor %} {% for k, v in lod | groupby('v', default=0) %}{{ k }}{% endfor %} {{ lod | groupby('g', case_sensitive=true) | map(attribute=0) | list }}
{{ undef | default(1) }} {{ '' | default('x') }} {{ '' | default('x', true) }} {{ none | d('y') }} {{ none | d('y', boolean=true) }} {{ d | attr('items') is callable }} {{ d | attr('a') }}|
{{ lod | selectattr('v', 'gt', 2) | list }}
{{ mix | sort }}
{{ l | map('nope') | list }}
{{ (l | map('nope')) is iterable }}
{{ l | select('odd') | length }}
{{ l | map('string') | last }}
{{ none | list }}
{{ 5 | join }}
{{ [[1]] | unique | list }}
{{ none | items | list }}
{{ none | length }}
{% set g = l | map('string') %}{{ g | list }}{{ g | list }}
""",
"tojson": r"""
{{ j | tojson }}
{{ j | tojson(indent=2) }}
{{ j | tojson(ensure_ascii=true) }}
{{ d | tojson(sort_keys=true) }} {{ d | tojson(separators=(',', ':')) }} {{ l | tojson(indent=0) }} {{ l | tojson(indent='--') }} {{ [] | tojson(indent=2) }} {{ {1: 2, none: 3, true: 4, 2.5: 5} | tojson }} {{ (1, 2) | tojson }} {{ html | tojson }} {{ 'é😀\x7f' | tojson(true) }}
{{ undef | tojson }}
{{ l | map('string') | tojson }}
{{ d.items() | tojson }}
{{ {(1, 2): 3} | tojson }}
{{ {1: 2, 'a': 3} | tojson(sort_keys=true) }}
{{ namespace(a=1) | tojson }}
""",
"tests": r"""
{% for x in [none, true, 1, 1.5, 'a', [], (), {}, undef, range(2)] %}{% for r in [x is none, x is boolean, x is integer, x is float, x is number, x is string, x is sequence, x is iterable, x is mapping, x is callable, x is defined, x is true, x is false] %}{{ '1' if r else '0' }}{% endfor %} {% endfor %}
{{ 3 is odd }} {{ 4 is even }} {{ 9 is divisibleby 3 }} {{ 9 is divisibleby(2) }} {{ 'a' is lower }} {{ 'A' is upper }} {{ 1 is eq 1 }} {{ 1 is equalto(1) }} {{ 1 is ne 2 }} {{ 1 is lt 2 }} {{ 2 is ge 2 }} {{ 2 is greaterthan 1 }} {{ 2 is in [1, 2] }} {{ 2 is not in [1] }} {{ none is sameas none }} {{ l is sameas l }} {{ [1] is sameas [1] }}
{{ 'upper' is filter }} {{ 'nope' is filter }} {{ 'odd' is test }} {{ range is callable }} {{ d.get is callable }} {{ x is undefined }} {{ x is not defined and true }} {{ 1 if x is not defined else 2 }} {{ not x is defined }} {{ (l | map('string')) is sequence }} {{ d.items() is iterable }} {{ d.items() is sequence }}
{{ 1 is nope }}
{{ 'a' is odd }}
{{ 1 is string is string }}
{{ 1 is divisibleby 0 }}
""",
"loops": r"""
{% for x in ls %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }}{{ loop.previtem }}{{ loop.nextitem }};{% endfor %}
{% for k, v in d.items() %}{{ k }}={{ v }},{% endfor %} {% for k in d %}{{ k }}{% endfor %} {% for a, (b, c) in [[1, [2, 3]]] %}{{ a }}{{ b }}{{ c }}{% endfor %} {% for c in 'añ' %}[{{ c }}]{% endfor %}
{% for x in l if x > 1 %}{{ x }}{{ loop.index }}/{{ loop.length }} {% else %}none{% endfor %} {% for x in l if x > 9 %}{{ x }}{% else %}none{% endfor %} {% for x in [] %}{% else %}empty{% endfor %}
{% for x in l %}{{ loop.cycle('a', 'b') }}{{ loop.changed(x > 1) }}{% endfor %} {% for x in [1,1,2] %}{% if loop.changed(x) %}{{ x }}{% endif %}{% endfor %}
{% for x in range(5) %}{% if x == 1 %}{% continue %}{% endif %}{% if x == 3 %}{% break %}{% endif %}{{ x }}{% endfor %} {% for x in [1] %}{% break %}{% else %}e{% endfor %}
{% for x in [[1, [2, []]], [3]] recursive %}({{ loop.depth }}{% if x is iterable %}{{ loop(x) }}{% else %}{{ x }}{% endif %}){% endfor %}
{% set x = 1 %}{% for y in l %}{% set x = y %}{{ x }}{% endfor %}{{ x }} {% for x in l %}{% endfor %}{{ x }} {% set ns = namespace(t=0) %}{% for y in l %}{% set ns.t = ns.t + y %}{% endfor %}{{ ns.t }}
{% for x in l %}{% for y in ls %}{{ loop.index }}{% endfor %}{{ loop.index }}{% endfor %} {% for x in l | map('string') %}{{ loop.last }}{{ loop.nextitem }}{% endfor %} {% for i in range(10, 0, -3) %}{{ i }} {% endfor %} {% for x in l %}{% set outer = loop %}{% for y in [1] %}{{ outer.index }}{% endfor %}{% endfor %}
{% for m in l %}{% if i %}{{ i }}{% endif %}{% endfor %}{% set i = 5 %}{{ i }}
{% for x in l %}{{ y }}{% set y = x %}{{ y }}{% endfor %}
{% set loop = 3 %}{{ loop }}{% for x in l %}{{ loop.index }}{% endfor %}{{ loop }}
{{ loop }}{% for x in l %}{{ x }}{% endfor %}
{% set ns = namespace(on=true) %}{% for x in l if ns.on %}{{ x }}{% set ns.on = false %}{% endfor %}
{% for x in none %}{% endfor %}
{% for a, b in [1] %}{% endfor %}
{% for a, b in [[1]] %}{% endfor %}
{% for a, b in [[1, 2, 3]] %}{% endfor %}
{% for loop in l %}{% endfor %}
{% break %}
{% for x in l %}{% macro m() %}{% break %}{% endmacro %}{% endfor %}
{% for x in l %}{{ loop(x) }}{% endfor %}
{{ range(100001) }}
{{ range(1, 2, 0) }}
""",
"macros": r"""
{% macro m(a, b=2) %}[{{ a }},{{ b }}]{% endmacro %}{{ m(1) }}{{ m(1, 3) }}{{ m(b=5, a=4) }}{{ m() }}{{ m.name }} {{ m.arguments }} {{ m }}
{% macro m(a, b=a, c=x) %}{{ a }}{{ b }}{{ c }}{% endmacro %}{% set x = 9 %}{{ m(1) }}{{ m(1, c=3) }} {% macro v() %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ v(1, 2, k=3) }} {{ v(*l, **{'q': 1}) }}
{% macro w(t) %}<{{ t }}>{{ caller() }}</{{ t }}>{% endmacro %}{% call w('b') %}hi {{ i }}{% endcall %} {% macro each(items) %}{% for x in items %}{{ caller(x) }};{% endfor %}{% endmacro %}{% call(x) each(l) %}{{ x * 2 }}{% endcall %}
{% macro r(n) %}{{ n }}{% if n > 0 %}{{ r(n - 1) }}{% endif %}{% endmacro %}{{ r(3) }} {% macro opt() %}{{ caller() if caller else 'no' }}{% endmacro %}{{ opt() }}{% call opt() %}yes{% endcall %}
{% set y = 1 %}{% macro g() %}{{ y }}{% set y = 2 %}{{ y }}{% endmacro %}{{ g() }}{{ y }}{% set y = 3 %}{{ g() }} {% macro late() %}{{ zz }}{% endmacro %}{{ late() }}{% set zz = 5 %}{{ late() }}
{% for x in l %}{% macro inner() %}{{ x }}{% endmacro %}{{ inner() }}{% endfor %} {% if true %}{% macro c() %}C{% endmacro %}{% endif %}{{ c() }}
{% macro m(a) %}{% endmacro %}{{ m(1, 2) }}
{% macro m(a) %}{% endmacro %}{{ m(z=1) }}
{% macro m(a=1, b) %}{% endmacro %}
{% macro m(a, a) %}{% endmacro %}
{% macro m(caller) %}{{ caller() }}{% endmacro %}
{% call 5 %}{% endcall %}
{% macro m() %}{% endmacro %}{% call m() %}{% endcall %}
""",
"statements": r"""
{% set a = 1 %}{% set b, c = 2, 3 %}{{ a }}{{ b }}{{ c }} {% set t %}x{{ a }}y{% endset %}{{ t }} {% set u | upper | replace('A', 'Z') %}abc{% endset %}{{ u }} {% set n | length %}abc{% endset %}{{ n + 1 }} {% set (p, q) = [4, 5] %}{{ p }}{{ q }}
{% if z %}a{% elif i %}b{% else %}c{% endif %} {% if z %}a{% elif e %}b{% else %}c{% endif %} {% if not z and i > 3 or no %}y{% endif %} {% if true: %}colon{% endif %}
{% filter upper | trim %} abc {{ i }} {% endfilter %}| {% with a = 1, b = i %}{{ a }}{{ b }}{% endwith %}{{ a }} {% print i, s %} {% raw %}{{ x }} {% if %}{% endraw %} {# comment {{ x }} #}x
{% set ns = namespace(a=1, b='x') %}{{ ns.a }}{% set ns.a = 2 %}{{ ns.a }}{{ ns['b'] }}{{ ns.q }}|{{ ns.q is defined }} {{ ns }} {% set ns.c, ns.d = 3, 4 %}{{ ns.c + ns.d }} {% set ns2 = namespace({'k': 1}, m=2) %}{{ ns2.k }}{{ ns2.m }}
{% generation %}gen {{ i }}{% set zz = 1 %}{% endgeneration %}{{ zz }}| {% block b %}in {{ i }}{% endblock %} {% set bb = 4 %}{% block c %}{{ bb }}{% endblock c %} {% for q in l %}{% block d scoped %}{{ q }}{% endblock %}{% endfor %} {% autoescape false %}{{ html }}{% endautoescape %}
{% set j2 = joiner(', ') %}{% for x in l %}{{ j2() }}{{ x }}{% endfor %} {% set c = cycler('a', 'b') %}{{ c.next() }}{{ c.next() }}{{ c.current }}{{ c.next() }}{{ c.reset() }}{{ c.pos }} {{ dict(a=1, **{'b': 2}) }} {{ dict([['x', 1]]) }} {{ dict.fromkeys(['a', 'b'], 0) }} {{ range(3) }} {{ range(1, 9, 3) | list }}
{% if x is defined %}{% set x = 1 %}{% else %}{% set x = 2 %}{% endif %}{{ x }} {% if i %}{% set i = i + 1 %}{% endif %}{{ i }} {% for y in [1, 2] %}{% if y == 1 %}{% set w = 'one' %}{% endif %}{{ w }};{% endfor %}
{{ strftime_now('%Y-%m-%d %H:%M:%S %A %a %B %b %j %p %I %y %e %% %-d') }}
{{ raise_exception('no way: ' ~ i) }}
{% set d.x = 1 %}
{% set ns = namespace(_a=1) %}
{% set ns = namespace() %}{% set ns._x = 1 %}
{% set true = 1 %}
{% set a, b = 1 %}
{% set 5 = 1 %}
{% include 'x' %}
{% if false %}{% include 'x' %}{% endif %}fine
{% extends 'x' %}
{% nope %}
{% if x %}
{% endif %}
{% for x in l %}{% endif %}
{{ x
{{ }}
{% if %}{% endif %}
{{ 'abc }}
{{ a b }}
{{ 1 ! 2 }}
{{ (1 }}
{{ [1) }}
{# never closed
{% raw %}never closed
{{ f(a=1, a=2) }}
{{ f(a=1, 2) }}
""",
}
WHITESPACE = ["a\n{% if true %}\nb\n{% endif %}\nc\n", "  {% if true %}x{% endif %}  \n y", "a  {%- if true -%}  b  {%- endif -%}  c", "  {%+ if true %}x{% endif +%}\ny", "\t{% set x = 1 %}\n  {{ x }}  \n", "a {{- 1 -}} b", "a\n\n{{- 1 }}\n", "{# c #}\nx\n  {# d #}  \ny", "  {#- c -#}  x", "{% raw %}\n a {% endraw %}\nb", "x{%- raw -%}  a  {%- endraw -%}  b", "  {% raw %}q{% endraw %}", "a\r\nb\rc\n\n", "\n", "", "{{ 1 }}\n", "{{ 1 }}\n\n", "{% for x in [1,2] %}\n  {{ x }}\n{% endfor %}\nend", "  a {% if 1 %}b{% endif %}", "\u3000{% if 1 %}b{% endif %}", "{%if 1%}a{%endif%}", "{{'a'}}{{\"b\"}}", "{{ {'a': {'b': 1}} }}", "{{ '}}' }}", "{{ '%}' }}{% if '%}' %}x{% endif %}", "{ { % } # }", "{{ '{{' }}", "{%- set x %}  a  {%- endset %}[{{ x }}]", "{{ 1 }}{# a #}{# b #}\n\n{{ 2 }}", "{% if 1 -%}\n\n  a\n\n{%- endif %}", "{{ 1\n+\n2 }}", "a{#- #}\nb"]

now = datetime.datetime(2026, 1, 2, 3, 4, 5)
templates = [(g, t) for g, text in GROUPS.items() for t in text.strip("\n").split("\n")] + [("whitespace", t) for t in WHITESPACE]
cases = []
for group, template in templates:
    case = dict(group=group, template=template)
    try: case["expected"] = _compile_jinja_template(template).render(**copy.deepcopy(CONTEXT), strftime_now=now.strftime)
    except Exception as error: case["error"] = re.sub(r" \(.*", "", str(error))
    cases.append(case)
print(json.dumps(dict(context=CONTEXT, cases=cases), ensure_ascii=False, indent=0))
