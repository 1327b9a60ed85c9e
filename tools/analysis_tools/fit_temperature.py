from mmner.cli.fit_temperature import main

raise SystemExit(main())
