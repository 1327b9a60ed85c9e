from mmner.cli.report import main

raise SystemExit(main())
