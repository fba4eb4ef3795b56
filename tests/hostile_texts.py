"""Texts that a model may write, or be made to write, against whoever reads them: 60 of them."""

_MARKUP = (
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<iframe src='javascript:alert(1)'></iframe>",
    "<iframe srcdoc='<script>parent.alert(1)</script>'></iframe>",
    "<body onload=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<input autofocus onfocus=alert(1)>",
    "<math><mtext><img src=x onerror=alert(1)></mtext></math>",
    "<math href='javascript:alert(1)'><mi>x</mi></math>",
    "<a href='javascript:alert(1)'>5</a>",
    "<form action='https://evil.example'><button>5</button></form>",
    "<link rel=stylesheet href='https://evil.example/a.css'>",
    "<style>body{display:none}</style>",
    "<base href='https://evil.example/'>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<object data='https://evil.example'></object>",
    "<video><source onerror=alert(1)></video>",
    "<!--<img src='--><img src=x onerror=alert(1)//'>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<template><script>alert(1)</script></template>",
    "<x style='position:fixed;inset:0;background:red'>5</x>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "&lt;img src=x onerror=alert(1)&gt;",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
    "]]><script>alert(1)</script>",
)
_ADDRESSES = (
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)",
    "https://evil.example/?q=5",
    "//evil.example/x.png",
    "![5](https://evil.example/pixel.png)",
    "[5](javascript:alert(1))",
)
_LATEX = (
    r"$\href{javascript:alert(1)}{5}$",
    r"$\url{https://evil.example}$",
    r"$\text{<img src=x onerror=alert(1)>}$",
    r"$\style{background:url(https://evil.example)}{5}$",
    r"$\class{card}{5}$",
    r"$\def\a{\a\a}\a$",
    r"$\newcommand{\a}{\a\a}\a$",
    r"$\hspace{9999999em}5$",
    r"$\rule{99999em}{99999em}$",
    r"$" + r"\sqrt{" * 60 + "5" + "}" * 60 + "$",
    r"$" + "{" * 150 + "5" + "}" * 150 + "$",
    r"\boxed{" * 200 + "5" + "}" * 200,
    r"$\frac{" * 100,
    r"$\input{/etc/passwd}$",
)
_CONTROLS = (
    "\x1b[2J\x1b[31mred\x1b[0m",
    "\x1b]0;title\x07",
    "\x1b]8;;https://evil.example\x1b\\5\x1b]8;;\x1b\\",
    "\x00\x01\x02\x08\x7f\x9b",
    "\u202e5 dlot eht\u202c",
)
_FORMULAS = (
    "=cmd|'/c calc'!A1",
    "=HYPERLINK(\"https://evil.example\",\"5\")",
    "+1+1",
    "@SUM(1+1)*cmd|' /C calc'!A0",
)  # fmt: skip

HOSTILE = (*_MARKUP, *_ADDRESSES, *_LATEX, *_CONTROLS, *_FORMULAS)
