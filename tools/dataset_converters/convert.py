from mmner.cli.convert import main

raise SystemExit(main())
